import { createReadStream } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { networkRemark } from '../../../layers/postgres/places/no-network.ts';
import { makeScratchFolder } from '../../../layers/postgres/places/scratch-folder.ts';
import { combineProgram } from '../../../layers/postgres/programs/client-programs.ts';
import { bringScratchCluster, type ScratchCluster } from '../../../layers/recovery/scratch-cluster.ts';
import type { ChosenServer } from '../../../layers/scratch/choose-server.ts';
import type { WalObject } from '../../../layers/wal/holdings.ts';
import { objectsToTheTip, type RecoveryPlan } from '../../../layers/wal/recovery-plan.ts';
import { dumpMoment } from './dump-moment.ts';
import { prepare } from './prepare.ts';
import { recoverTo } from './recover-to.ts';
import type { Moment, MomentDeps, MomentRequest } from './request.ts';

const ARCHIVE = 'archive.dump';
const GLOBALS = 'globals.sql';

/**
 * Recovers a cluster to a moment in a scratch place, and dumps a database of it, or some of its tables. The server in use is
 * not asked anything. When this returns, the scratch server and its files are gone: only the archive is left.
 *
 * @throws {@link ConfigError} if it cannot be tried here, or there is no such database or table
 * @throws {@link VaultError} if base backup or WAL are not what was stored, {@link DumpError} if PostgreSQL does not recover
 * @throws the signal's reason, if it aborts. Nothing is left then
 */
export async function takeMoment(deps: MomentDeps, request: MomentRequest): Promise<Moment> {
  const chosen = await prepare(deps, request);
  try {
    const { folder, remove } = await makeScratchFolder(deps.place.folder);
    const close = async () => remove();
    try {
      const manifest = await recoverAndDump(deps, request, chosen, folder);
      const firedAt = new Date(manifest.firedAt);
      return { backup: { entry: { database: manifest.database, firedAt }, manifest }, store: storeIn(folder), close };
    } catch (error) {
      await close();
      throw error;
    }
  } finally {
    await chosen.release();
  }
}

async function recoverAndDump(deps: MomentDeps, request: MomentRequest, chosen: ChosenServer, folder: string) {
  const { vault, clientPrograms, onProgress, onRemark, roles } = deps;
  const { stored, plan, toFile, signal } = request;
  const remark = networkRemark();
  if (remark !== undefined) onRemark(`! ${remark}`);
  const objects = objectsToTheTip(plan);
  const combine = async (major: number) => combineProgram(await clientPrograms(), major);
  const files = { archive: toFile ?? path.join(folder, ARCHIVE), globals: path.join(folder, GLOBALS) };
  let cluster: ScratchCluster | undefined;
  try {
    cluster = await bringScratchCluster({
      ...{ vault, stored, chain: plan.chain, objects, folder, combineProgram: combine, signal, onProgress },
      onFed: progressOfWal(deps, plan),
    });
    const place = { installation: chosen.folder, env: chosen.env, roles, settings: {} };
    const { server, lastCommitAt } = await recoverTo(deps, request, cluster, objects, place);
    deps.onDone(WAL);
    try {
      const { serverName = stored.cluster.systemIdentifier } = stored.cluster;
      const at = plan.target.kind === 'time' ? plan.target.at : (lastCommitAt ?? plan.window.from.at);
      return await dumpMoment(deps, request, { ...server.target, serverName }, files, at);
    } finally {
      await server.kill();
    }
  } finally {
    deps.onDone(WAL);
    cluster?.close();
    for (const name of await readdir(folder)) {
      if (name !== ARCHIVE && name !== GLOBALS) await rm(path.join(folder, name), { recursive: true, force: true });
    }
  }
}

const WAL = 'WAL';

/** Some are fetched ahead, beyond what the plan reckons with. */
function progressOfWal({ onProgress }: MomentDeps, { objects }: RecoveryPlan) {
  const totalBytes = objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let doneBytes = 0;
  return ({ sizeBytes }: WalObject) => {
    doneBytes = Math.min(totalBytes, doneBytes + sizeBytes);
    onProgress({ what: WAL, doneBytes, totalBytes });
  };
}

function storeIn(folder: string): Moment['store'] {
  const fileOf = (key: string) => path.join(folder, key);
  return {
    getBytes: async (key) => createReadStream(fileOf(key)),
    fileOf,
  };
}
