import type { Comparison } from '../../layers/backup/comparison.ts';
import type { DatabaseProperties } from '../../layers/backup/database-properties.ts';
import { DumpError } from '../../layers/backup/errors.ts';
import { manifestKey } from '../../layers/backup/keys.ts';
import type { ConnectionTarget } from '../../layers/postgres/connect/target.ts';
import { analyze } from '../../layers/postgres/contents/analyze.ts';
import { bringProperties } from '../../layers/postgres/places/own-properties.ts';
import { propertyStatements } from '../../layers/postgres/places/properties-sql.ts';
import { createClosed } from '../../layers/postgres/swap/fresh.ts';
import { APPLICATION } from '../../layers/postgres/swap/look.ts';
import { markOf } from '../../layers/postgres/swap/mark.ts';
import { refillMaterializedViews } from '../../layers/postgres/swap/refill.ts';
import { runInOneTransaction } from '../../layers/postgres/swap/script.ts';
import { restore } from '../../layers/restoring/restore.ts';
import { NO_IDENTITIES } from '../../layers/seal/identities.ts';
import { openManifest } from '../../layers/seal/manifest.ts';
import { opener } from '../../layers/seal/opening-vault.ts';
import { backupName } from '../../layers/words/backup-name.ts';
import { count } from '../../layers/words/counts.ts';
import type { RefreshPlan } from './plan.ts';
import type { RefreshDeps, RefreshRequest } from './request.ts';

/** A database that may take another's place. */
export interface Made {
  readonly oid: number;
  readonly compared: Comparison['compared'];
  readonly restoreMs: number;
  /** A sentence each. */
  readonly remarks: readonly string[];
}

/**
 * Makes a database from a backup: restored, compared equal with its manifest, then masked, and given the owner, grants and
 * settings of the one that it is to replace. Nobody else may connect to it.
 *
 * @param name - of the new one
 * @throws {@link DumpError} if it does not come to that, {@link VaultError} if the archive is not what was stored
 */
export async function makeFresh(
  deps: RefreshDeps,
  { refresh, deadline: { signal } }: RefreshRequest,
  { backup, masking, state }: RefreshPlan,
  target: ConnectionTarget,
  name: string,
): Promise<Made> {
  const {
    vault,
    identities = NO_IDENTITIES,
    clientPrograms,
    clock,
    onProgress = () => {},
    onStep = () => {},
    log,
  } = deps;
  const key = manifestKey(vault.prefix, backup.entry);
  const manifest = await openManifest(backup.manifest, identities, key);
  const major = Math.floor(state.server.versionNumber / 10_000);
  onStep(`restoring ${backupName(backup.entry)} into "${name}"`);
  const mark = markOf(refresh.name, 'made', refresh.database, clock());
  const oid = await createClosed(target, name, manifest.source, { major, mark });
  const report = await restore(
    {
      store: { getBytes: vault.getBytes, open: opener(identities) },
      clientPrograms,
      onProgress,
      onRemark: (text) => log.info({ database: name }, text),
      clock,
    },
    { backup: { ...backup, manifest }, to: { target, database: name }, options: optionsOf(deps, refresh), signal },
  );
  if (report.differences.length > 0) throw differs(refresh.database, report.differences);
  if (masking) {
    onStep(`masking it with ${masking.file}`);
    await runInOneTransaction(target, name, masking, signal);
    await refillMaterializedViews(target, name, signal);
  }
  // Only now: statistics hold values of the columns. Autovacuum may have collected some before.
  const notAnalyzed = await analyze(target, name, [], signal);
  if (masking && notAnalyzed !== undefined) throw keepsStatistics(refresh.database, notAnalyzed);
  const notKept = state.current ? await keepProperties(target, name, state.current.properties) : [];
  return {
    ...{ oid, compared: report.compared, restoreMs: report.restoreMs },
    remarks: [
      ...report.leftOut.map((what) => `not restored: ${what}`),
      ...report.uncompared,
      ...(report.partial === '' ? [] : [`the backup is partial: ${report.partial}`]),
      ...(notAnalyzed === undefined ? [] : [`the planner's statistics were not collected: ${notAnalyzed}`]),
      ...notKept.map((what) => `not kept of the one before: ${what}`),
    ],
  };
}

function optionsOf({ temporaryFolder }: RefreshDeps, { jobs, owners }: RefreshRequest['refresh']) {
  return {
    ...{ tables: [], complete: false, create: false, clean: undefined, lose: false, globals: false, goOn: false },
    // The one that is replaced has its own.
    properties: false,
    ...{ analyze: false, jobs, temporaryFolder },
    without: [...(owners ? [] : ['--no-owner', '--no-privileges']), '--no-tablespaces'],
  };
}

/** What people have set for the database stays. What PUBLIC may do, and the comment, come with the name. */
async function keepProperties(target: ConnectionTarget, name: string, properties: DatabaseProperties) {
  const grants = properties.grants.filter(({ role }) => role !== null);
  const statements = propertyStatements(name, { ...properties, comment: null, grants }, ['tablespace', 'template']);
  const all = [...statements.before, ...statements.after];
  const { refused } = await bringProperties(target, name, all, APPLICATION);
  return refused.map(({ what, why }) => `${what}: ${why}`);
}

function keepsStatistics(database: string, why: string): DumpError {
  return new DumpError({
    ...{
      operation: 'refresh',
      subject: `"${database}"`,
      problem: `the planner's statistics were not collected: ${why}`,
    },
    hint: 'those from before the masking may hold values that are not masked: make ANALYZE work for the role',
  });
}

const MOST_TOLD = 10;

function differs(database: string, differences: readonly string[]): DumpError {
  const more = differences.length > MOST_TOLD ? ` And ${differences.length - MOST_TOLD} more.` : '';
  return new DumpError({
    ...{ operation: 'refresh', subject: `"${database}"` },
    problem: `what was restored differs from the manifest in ${count(differences.length, 'point')}: ${differences.slice(0, MOST_TOLD).join(' ')}${more}`,
    hint: 'a drill restored the same backup equal: look for what differs between the servers, such as extensions',
  });
}
