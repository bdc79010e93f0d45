import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError } from '../../../layers/backup/errors.ts';
import type { Base } from '../../../layers/wal/base.ts';
import { shellWord } from '../../../layers/words/shell.ts';
import { bringBase } from './bring-base.ts';
import { bringChain } from './bring-chain.ts';
import { makeOwned, type Place, preparePlace, writeOwned } from './data-directory.ts';
import { AHEAD_FOLDER, fetchScript, RECOVERY_FOLDER, recoveryOf, recoverySettings } from './recovery-files.ts';
import type { RecoverDeps, RecoverRequest } from './request.ts';

export interface RecoverReport {
  readonly dataDir: string;
  /** Of PostgreSQL. */
  readonly major: number;
  /** False where the server keeps its settings elsewhere, as Debian does: they are in no base backup. */
  readonly hasConfiguration: boolean;
}

/**
 * Puts a data directory together that recovers to the plan's target as soon as PostgreSQL is started in it: the base
 * backup, and the settings of its recovery. The WAL is fetched by `restore_command` meanwhile. If it fails, nothing is left.
 *
 * @throws {@link PolicyError} if the folder is not empty, {@link ConfigError} if the disk is short or a tablespace has no
 * place, {@link VaultError} if the base backup is not what was stored
 * @throws the signal's reason, if it aborts
 */
export async function recover(deps: RecoverDeps, request: RecoverRequest): Promise<RecoverReport> {
  const { plan, dataDir, signal } = request;
  const stored = plan.chain.at(-1);
  if (stored === undefined) throw new Error('a plan begins with a base backup');
  const { base } = stored;
  const folders = foldersOf(base, request);
  const contentBytes = Math.max(...plan.chain.map((one) => one.base.contentBytes));
  const places: Place[] = [];
  try {
    for (const [file, folder] of folders) {
      places.push(await preparePlace(folder, file === mainFile(base) ? contentBytes : 0));
    }
    const main = places.find(({ folder }) => folder === dataDir);
    if (main === undefined) throw new Error('a base backup has a data directory');
    if (plan.chain.length === 1) await bringBase(deps, stored, folders, main, signal);
    else await bringChain(deps, plan.chain, folders, main, signal);
    await writeRecovery(main, request);
    return {
      ...{ dataDir, major: base.server.major },
      hasConfiguration: existsSync(path.join(dataDir, 'postgresql.conf')),
    };
  } catch (error) {
    for (const place of places) await place.clear();
    signal.throwIfAborted();
    throw error;
  }
}

/** Where the files go: by the file of the base backup. */
function foldersOf(base: Base, { dataDir, tablespaces }: RecoverRequest): Map<string, string> {
  const missing = base.tablespaces.flatMap(({ location }) =>
    location === undefined || tablespaces.has(location) ? [] : [location],
  );
  if (missing.length > 0) {
    throw new ConfigError({
      operation: 'restore into',
      subject: dataDir,
      problem: `the cluster has tablespaces at ${missing.join(', ')}, and nothing says where to put them`,
      hint: missing.map((location) => `--tablespace ${shellWord(`${location}=<an empty folder>`)}`).join(' '),
    });
  }
  return new Map(
    base.tablespaces.map(({ file, location }) => [
      file,
      location === undefined ? dataDir : (tablespaces.get(location) ?? dataDir),
    ]),
  );
}

function mainFile({ tablespaces }: Base): string | undefined {
  return tablespaces.find(({ location }) => location === undefined)?.file;
}

async function writeRecovery(main: Place, request: RecoverRequest): Promise<void> {
  const { plan, stored, pgvouch, tablespaces } = request;
  const base = plan.chain.at(-1)?.base;
  const moved = (base?.tablespaces ?? []).filter(({ oid }) => oid !== undefined);
  if (moved.length > 0) {
    const lines = moved.map(({ oid, location = '' }) => `${oid} ${escaped(tablespaces.get(location) ?? location)}\n`);
    await writeOwned(main, 'tablespace_map', lines.join(''));
  }
  // A base backup of a standby has it, and then the target would not count.
  await rm(path.join(main.folder, 'standby.signal'), { force: true });
  await makeOwned(main, RECOVERY_FOLDER);
  await makeOwned(main, `${RECOVERY_FOLDER}/${AHEAD_FOLDER}`);
  await writeOwned(main, `${RECOVERY_FOLDER}/recovery.json`, `${JSON.stringify(recoveryOf(request), null, 2)}\n`);
  await writeOwned(main, `${RECOVERY_FOLDER}/fetch`, fetchScript(pgvouch));
  const settings = recoverySettings(plan, stored.histories.has(plan.timeline), {
    restoreCommand: `sh ${RECOVERY_FOLDER}/fetch "%f" "%p"`,
    endCommand: `rm -rf ${RECOVERY_FOLDER}`,
  });
  await writeOwned(main, 'postgresql.auto.conf', settings, { add: true });
  await writeOwned(main, 'recovery.signal', '');
}

/** @see src/backend/access/transam/xlogrecovery.c, read_tablespace_map */
function escaped(location: string): string {
  return location.replace(/[\\\n\r]/g, '\\$&');
}
