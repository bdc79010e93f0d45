import { existsSync } from 'node:fs';
import path from 'node:path';
import { ConfigError } from '../../../layers/backup/errors.ts';
import type { BringDeps } from '../../../layers/recovery/bring-base.ts';
import { type BroughtCluster, bringCluster } from '../../../layers/recovery/bring-cluster.ts';
import { makeOwned, writeOwned } from '../../../layers/recovery/data-directory.ts';
import type { Base } from '../../../layers/wal/base.ts';
import { shellWord } from '../../../layers/words/shell.ts';
import {
  AHEAD_FOLDER,
  END_COMMAND,
  fetchScript,
  RECOVERY_FOLDER,
  recoveryOf,
  recoverySettings,
} from './recovery-files.ts';
import type { RecoverRequest } from './request.ts';

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
export async function recover(deps: BringDeps, request: RecoverRequest): Promise<RecoverReport> {
  const { plan, dataDir } = request;
  const base = plan.chain.at(-1)?.base;
  if (base === undefined) throw new Error('a plan begins with a base backup');
  checkTablespaces(base, request);
  const cluster = await bringCluster(deps, { ...request, chain: plan.chain });
  try {
    await writeRecovery(cluster, request);
  } catch (error) {
    await cluster.clear();
    throw error;
  }
  return {
    ...{ dataDir, major: base.server.major },
    hasConfiguration: existsSync(path.join(dataDir, 'postgresql.conf')),
  };
}

function checkTablespaces(base: Base, { dataDir, tablespaces }: RecoverRequest): void {
  const missing = base.tablespaces.flatMap(({ location }) =>
    location === undefined || tablespaces.has(location) ? [] : [location],
  );
  const refuse = (problem: string, hint: string) =>
    new ConfigError({ operation: 'restore into', subject: dataDir, problem, hint });
  if (missing.length > 0) {
    const hint = missing
      .map((location) => `--tablespace ${shellWord(`${location.replace(/[=\\]/g, '\\$&')}=<an empty folder>`)}`)
      .join(' ');
    throw refuse(`the cluster has tablespaces at ${missing.join(', ')}, and nothing says where to put them`, hint);
  }
  const known = base.tablespaces.flatMap(({ location }) => location ?? []);
  const unknown = [...tablespaces.keys()].find((location) => !known.includes(location));
  if (unknown !== undefined) {
    const hint = known.length === 0 ? 'leave --tablespace out' : `it has those at ${known.join(', ')}`;
    throw refuse(`the cluster has no tablespace at ${unknown}`, hint);
  }
  const folders = [dataDir, ...tablespaces.values()];
  const twice = folders.find((one, index) => folders.some((other, at) => at !== index && isWithin(one, other)));
  if (twice !== undefined) {
    throw refuse(
      `${twice} is to hold two of data directory and tablespaces, or lies in another of them`,
      'give each tablespace an empty folder of its own, outside of the data directory',
    );
  }
}

function isWithin(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other}/`);
}

async function writeRecovery({ main }: BroughtCluster, request: RecoverRequest): Promise<void> {
  const { plan, stored, pgvouch } = request;
  await makeOwned(main, RECOVERY_FOLDER);
  await makeOwned(main, `${RECOVERY_FOLDER}/${AHEAD_FOLDER}`);
  await writeOwned(main, `${RECOVERY_FOLDER}/recovery.json`, `${JSON.stringify(recoveryOf(request), null, 2)}\n`);
  await writeOwned(main, `${RECOVERY_FOLDER}/fetch`, fetchScript(pgvouch, request.environment));
  const settings = recoverySettings(plan, stored.histories.has(plan.timeline), {
    restoreCommand: `sh ${RECOVERY_FOLDER}/fetch "%f" "%p"`,
    endCommand: END_COMMAND,
  });
  await writeOwned(main, 'postgresql.auto.conf', settings, { add: true });
  await writeOwned(main, 'recovery.signal', '');
}
