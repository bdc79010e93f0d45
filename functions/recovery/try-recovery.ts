import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { textOf } from '../../layers/backup/errors.ts';
import { openKey } from '../../layers/backup/keys.ts';
import type { StoredCluster } from '../../layers/catalog/read-cluster.ts';
import { saysShortage } from '../../layers/postgres/complaints/shortage.ts';
import { networkRemark } from '../../layers/postgres/places/no-network.ts';
import { makeScratchFolder } from '../../layers/postgres/places/scratch-folder.ts';
import { combineProgram } from '../../layers/postgres/programs/client-programs.ts';
import { checkBackupManifest } from '../../layers/recovery/backup-manifest.ts';
import { bringScratchCluster, type ScratchCluster } from '../../layers/recovery/scratch-cluster.ts';
import { chooseOwnMajor, lackingWords } from '../../layers/recovery/scratch-needs.ts';
import type { ScratchPlace } from '../../layers/scratch/config.ts';
import { WrongObject } from '../../layers/vault/checked-bytes.ts';
import { afterFailure } from './after-failure.ts';
import type { RecoveryDeps } from './deps.ts';
import type { BaseDrill } from './drill.ts';
import { findDumps } from './dumps.ts';
import { corrupt, type Finding, readable } from './finding.ts';
import { readBaseFiles } from './read-bytes.ts';
import { replay } from './replay.ts';

/**
 * Recovers a cluster in a scratch place: files, WAL, contents.
 *
 * @returns what was found; or why it could not be tried, a sentence
 * @throws {@link VaultError} if the bucket failed, {@link ConfigError} if nothing was found out, and another try may
 */
export async function tryRecovery(
  deps: RecoveryDeps & { readonly place: ScratchPlace },
  stored: StoredCluster,
  drill: BaseDrill,
): Promise<Finding | string> {
  const { vault, place, log } = deps;
  const { start, way, signal } = drill;
  const { major } = start.base.server;
  const dumps = await findDumps(vault, start, way, signal, deps.identities);
  const chosen = await chooseOwnMajor(place, major, dumps.newest, signal);
  if (chosen === undefined) {
    // A layer has one server, and its build does not know of clusters.
    return `No recovery was tried: this machine has no scratch server of PostgreSQL ${major}. On AWS, deploy with SCRATCH_MAJOR=${major}; or with RECOVERY_ON=fargate and an image that has several.`;
  }
  const remark = networkRemark();
  if (remark !== undefined) log.info({ cluster: start.base.systemIdentifier }, remark);
  const { folder, remove } = await makeScratchFolder(place.folder);
  let cluster: ScratchCluster | undefined;
  try {
    const brought = await bring(deps, stored, drill, folder);
    if ('verdict' in brought) return brought;
    cluster = brought;
    const { files, problems } = await checkFiles(drill, cluster);
    if (problems.length > 0) return corrupt(some(problems));
    const server = { installation: chosen.folder, env: chosen.env, roles: deps.roles, settings: {} };
    const request = { cluster, server, dumps: dumps.onWay, stored, drill };
    const finding = await replay(deps, request).catch((error) => {
      signal.throwIfAborted();
      return afterFailure(error, request.cluster.feed, start, stored.cluster.segmentSizeBytes);
    });
    const checked = files === 0 ? finding.checked : { files, ...finding.checked };
    return {
      ...finding,
      reasons: [...finding.reasons, ...chosen.remarks, ...lackingWords(dumps.newest, chosen)],
      ...(checked && { checked }),
    };
  } finally {
    cluster?.close();
    remove();
    await chosen.release();
  }
}

/** @returns the cluster's files; or what is wrong with those of the bucket */
async function bring(
  { vault, clientPrograms }: RecoveryDeps,
  stored: StoredCluster,
  { chain, way, signal }: BaseDrill,
  folder: string,
): Promise<ScratchCluster | Finding> {
  const { objects } = way.stretch;
  try {
    const combine = async (major: number) => combineProgram(await clientPrograms(), major);
    return await bringScratchCluster({ vault, stored, chain, objects, folder, combineProgram: combine, signal });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof WrongObject) return corrupt(`${error.subject}: ${error.problem}.`);
    if (saysShortage(textOf(error))) return readable([`The disk was too small for the recovery: ${textOf(error)}.`]);
    // What is damaged in the middle is no archive any more before its end is seen.
    const wrong = await readBaseFiles(vault, chain, signal);
    if (wrong !== undefined) return corrupt(wrong);
    throw error;
  }
}

/** Compares the files with the manifest that PostgreSQL wrote of them, or pg_combinebackup. */
async function checkFiles({ start, signal }: BaseDrill, { dataDir, tablespaces }: ScratchCluster) {
  const text = await readFile(path.join(dataDir, openKey(start.base.manifest.file)), 'utf8');
  return checkBackupManifest(text, dataDir, tablespaces, signal);
}

function some(sentences: readonly string[]): string {
  const shown = sentences.slice(0, 5).join(' ');
  return sentences.length > 5 ? `${shown} And ${sentences.length - 5} more.` : shown;
}
