import type { Logger } from 'pino';
import { fitsRecord } from '../../events/invocation-record.ts';
import type { Catalog } from '../../layers/backup/catalog.ts';
import { splitHint, textOf, VaultError } from '../../layers/backup/errors.ts';
import { parseKey, retentionReportKey } from '../../layers/backup/keys.ts';
import { checkPolicy } from '../../layers/backup/retention.ts';
import {
  type ClusterReport,
  type DatabaseReport,
  parseRetentionReport,
  type RetentionReport,
  type Totals,
} from '../../layers/backup/retention-report.ts';
import { readCatalog } from '../../layers/catalog/read-catalog.ts';
import { readClusters } from '../../layers/catalog/read-cluster.ts';
import { isCutOff } from '../../layers/vault/page-course.ts';
import type { UnfinishedUpload } from '../../layers/vault/unfinished-uploads.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import { openNotes } from './notes.ts';
import { retainCluster } from './retain-cluster.ts';
import { type DatabaseWork, retainDatabase } from './retain-database.ts';
import { beginRun, type Decision, type RetentionOptions, type Run } from './run.ts';
import { sweepFailures } from './sweep.ts';
import { sweepSharedGlobals } from './sweep-shared-globals.ts';
import { addTotals } from './totals.ts';

export interface RetentionOutcome {
  readonly report: RetentionReport;
  readonly decisions: readonly Decision[];
}

/**
 * Retires what the policies let go, of dumps and of clusters, removes what was retired long enough ago, undoes what a person or the policy keeps
 * back, and sweeps what belongs to no backup. Nothing that is not exactly of our shape below the prefix is touched.
 *
 * Runs may be repeated, interrupted or overlap. What cannot be read is left alone and stops nothing else.
 *
 * @returns what was decided and why, and the report that also stands in `retention.json`; a dry run writes neither it
 *   nor anything else
 * @throws {@link PolicyError} if a policy keeps nothing
 * @throws {@link VaultError} (or the ConfigError of a newer format) once everything else is done, naming what failed;
 *   at once, with nothing done, if the vault or its unfinished uploads cannot be listed to their end
 */
export async function retain(
  deps: { readonly vault: Vault; readonly log: Logger },
  options: RetentionOptions,
): Promise<RetentionOutcome> {
  checkPolicy(options.policy);
  const { vault } = deps;
  const { rulesOf = () => options } = options;
  const catalog = await readCatalog(vault);
  const entries = [...catalog.entries.values()].flat();
  const notes = await openNotes(deps, entries.length);
  const run = beginRun({ ...deps, notes }, options);
  const problems: unknown[] = [];

  const uploads = await attempt(problems, () => allUploads(vault), []);
  // A store that does not list to the end has perhaps not done so a moment ago either.
  for (const problem of problems) if (isCutOff(problem)) throw problem;
  const databases: DatabaseReport[] = [];
  const works = workByDatabase(vault.prefix, catalog, uploads).map((work) => ({ work, ...rulesOf(work.database) }));
  for (const { policy } of works) checkPolicy(policy);
  for (const { work, policy, graceDays } of works) {
    databases.push(await retainDatabase({ ...run, options: { ...options, policy, graceDays } }, work, problems));
  }
  const clusters: ClusterReport[] = [];
  for (const cluster of await attempt(problems, () => readClusters(vault), [])) {
    clusters.push(await retainCluster(run, cluster, uploads, problems));
  }
  const sweptGlobals = await attempt(problems, () => sweepSharedGlobals(run, catalog), 0);
  const sweptFailures = await attempt(problems, () => sweepFailures(run, catalog.failures.get(undefined) ?? []), 0);

  const report: RetentionReport = {
    format: 'pgvouch/retention',
    formatVersion: 1,
    finishedAt: options.now.toISOString(),
    dryRun: options.dryRun,
    databases,
    ...(clusters.length > 0 && { clusters }),
    ...{ sweptFailures, sweptGlobals },
    problems: problems.map((problem) => splitHint(textOf(problem)).problem),
    ...(!options.dryRun && { totals: await newTotals(run, databases) }),
  };
  if (!options.dryRun) {
    await notes.save(entries);
    await vault.put(retentionReportKey(vault.prefix), `${JSON.stringify(report, null, 2)}\n`);
  }
  for (const problem of problems) run.log.error({ err: problem }, 'retention left something alone');
  if (problems.length > 0) throw summaryOf(problems);
  return { report, decisions: run.decisions };
}

/** The outcome, without the decisions where they are very many: the log has each. */
export function withoutMany(outcome: RetentionOutcome): Partial<RetentionOutcome> {
  return fitsRecord(outcome) ? outcome : fitsRecord(outcome.report) ? { report: outcome.report } : {};
}

function workByDatabase(prefix: string, catalog: Catalog, uploads: readonly UnfinishedUpload[]): DatabaseWork[] {
  const ours = uploads.flatMap((upload) => {
    const parsed = parseKey(prefix, upload.key);
    return parsed?.kind === 'archive' || parsed?.kind === 'globals' ? [{ upload, database: parsed.database }] : [];
  });
  const names = new Set<string>(catalog.entries.keys());
  for (const name of catalog.failures.keys()) if (name !== undefined) names.add(name);
  for (const { database } of ours) names.add(database);
  return [...names].sort().map((database) => ({
    database,
    entries: catalog.entries.get(database) ?? [],
    failures: catalog.failures.get(database) ?? [],
    uploads: ours.filter((one) => one.database === database).map(({ upload }) => upload),
  }));
}

/** A report that is lost or cannot be read begins the totals anew, as counters may: it is no reason to stop. */
async function newTotals(run: Run, databases: readonly DatabaseReport[]): Promise<Totals> {
  const { vault, log, options, decisions } = run;
  const key = retentionReportKey(vault.prefix);
  const text = await vault.getText(key);
  let previous: Totals | undefined;
  try {
    previous = text === undefined ? undefined : parseRetentionReport(text, key).totals;
  } catch (error) {
    log.warn({ err: error }, 'the last report cannot be read: the totals of deletions start again at 0');
  }
  return addTotals(previous, { prefix: vault.prefix, removal: options.removal, databases, decisions });
}

/** Runs one step; if it fails that is a problem for the end of the run, and `otherwise` stands in for its result. */
async function attempt<T>(problems: unknown[], step: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await step();
  } catch (error) {
    problems.push(error);
    return otherwise;
  }
}

/** The log has each. */
const MOST_TOLD = 10;

/** What failed, as one error that stays short however much did. */
export function summaryOf(problems: readonly unknown[]): unknown {
  if (problems.length === 1) return problems[0];
  const first = problems.slice(0, MOST_TOLD);
  const others = problems.length - first.length;
  const told = first.map((problem) => splitHint(textOf(problem)).problem).join('; ');
  return new VaultError({
    operation: 'run retention',
    problem: `${problems.length} steps failed: ${told}${others > 0 ? `; and ${others} more` : ''}`,
    hint: 'retention left the affected items alone and did everything else; the log has each problem with its own hint',
    cause: new AggregateError(first),
  });
}

async function allUploads(vault: Vault): Promise<UnfinishedUpload[]> {
  const uploads: UnfinishedUpload[] = [];
  for await (const upload of vault.unfinishedUploads()) uploads.push(upload);
  return uploads;
}
