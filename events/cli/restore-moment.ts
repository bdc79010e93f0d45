import { existsSync } from 'node:fs';
import path from 'node:path';
import { takeMoment } from '../../functions/by-hand/moment/take-moment.ts';
import { planOrRefuse, targetWords } from '../../functions/by-hand/recover/plan-or-refuse.ts';
import { readRecoveryConfig } from '../../functions/recovery/config.ts';
import { ConfigError } from '../../layers/backup/errors.ts';
import { findCluster, readCluster } from '../../layers/catalog/read-cluster.ts';
import { inspectTarget } from '../../layers/postgres/places/restore-target.ts';
import type { RestoreOptions } from '../../layers/restoring/request.ts';
import { checkTarget } from '../../layers/restoring/target-check.ts';
import { withIdentities } from '../../layers/seal/opening-vault.ts';
import { readEnvironment } from '../../layers/settings/environment.ts';
import { count } from '../../layers/words/counts.ts';
import { bytes } from '../../layers/words/sizes.ts';
import { scratchEnvironment } from '../offline/environment.ts';
import type { Destination } from './destination.ts';
import { EXIT } from './exit-code.ts';
import { announce, type ClusterOptions, targetOf } from './restore-cluster.ts';
import { atDestination, runRestore } from './restore-run.ts';
import type { Session } from './session.ts';

/** What of a cluster's moment is wanted, and where it goes. */
export interface MomentWish {
  readonly cluster: ClusterOptions;
  readonly database: string | undefined;
  readonly tables: readonly string[];
  /** The file with the identity; what is configured by default. */
  readonly identity: string | undefined;
  readonly to: { readonly database: Destination; readonly options: RestoreOptions } | { readonly file: string };
}

/**
 * `restore --cluster … --to`, or `--to-dump`: a database as of a moment, or tables of it, recovered in a scratch place. What
 * can be refused is refused before anything is fetched.
 */
export async function restoreMoment(session: Session, wish: MomentWish): Promise<number> {
  const { signal, terminal, env } = session;
  const { cluster, database, tables, identity, to } = wish;
  const identities = session.identities(identity);
  const vault = withIdentities(session.vault(), identities);
  const target = targetOf(cluster);
  const stored = await readCluster(vault, await findCluster(vault, cluster.cluster, signal), signal);
  const plan = planOrRefuse(stored, target, cluster.timeline);
  const file = 'file' in to ? path.resolve(to.file) : undefined;
  if ('database' in to) await checkBeforehand(to.database, to.options);
  if (file !== undefined) checkNewFile(file);
  const { place, roles } = readRecoveryConfig(
    // Drills may be off: this is none.
    { ...scratchEnvironment(session.cacheDir), ...env, DRILL: 'on' },
    { byHand: true },
  );
  if (place === undefined) throw new Error('unreachable: it is on');
  const fingerprints = readEnvironment(env, 'dump').get('FINGERPRINT') === 'content';
  terminal.line(announce(plan));
  const deps = {
    ...{ vault, identities, place, roles, clientPrograms: session.clientPrograms, clock: session.now },
    ...{ onProgress: terminal.progress, onDone: terminal.finished, onRemark: terminal.line },
  };
  const request = { stored, plan, database, tables, fingerprints, signal };
  const moment = await takeMoment(deps, { ...request, ...(file !== undefined && { toFile: file }) });
  try {
    const { manifest } = moment.backup;
    const facts = { cluster: stored.cluster.systemIdentifier, moment: targetWords(target), source: manifest.database };
    if ('database' in to) {
      terminal.line(`restoring "${manifest.database}" as of ${targetWords(target)} into "${to.database.database}"`);
      const restoring = { backup: moment.backup, to: to.database, options: to.options, signal };
      return await runRestore(session, { store: moment.store, request: restoring, facts, json: cluster.json });
    }
    const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
    const { archive } = manifest;
    if (cluster.json) session.printJson({ ...facts, file, archive, tables: manifest.tables });
    else {
      const holds = `${count(manifest.tables.length, 'table')} with ${count(rows, 'row')}`;
      session.print(
        `${file} is "${manifest.database}" as of ${targetWords(target)}: ${holds}, ${bytes(archive.sizeBytes)}, for pg_restore ${archive.oldestPgRestore} or newer`,
      );
    }
    return EXIT.ok;
  } finally {
    await moment.close();
  }
}

function checkNewFile(file: string): void {
  const problem = existsSync(file)
    ? 'it is there already'
    : existsSync(path.dirname(file))
      ? undefined
      : 'its folder is not there';
  if (problem === undefined) return;
  const hint = 'name a file that does not exist yet, in a folder that does';
  throw new ConfigError({ operation: 'write', subject: file, problem, hint });
}

/** A database that is not to be written into must not cost a recovery first. */
async function checkBeforehand({ target, database }: Destination, options: RestoreOptions): Promise<void> {
  const state = await inspectTarget(target, database).catch((error) => {
    throw atDestination(error);
  });
  checkTarget(database, state, options);
}
