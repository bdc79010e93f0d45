import { chooseTables } from '../backup/choose-tables.ts';
import { type Comparison, compareRestored } from '../backup/comparison.ts';
import { DumpError } from '../backup/errors.ts';
import { leftOutWords } from '../backup/left-out.ts';
import { serverError } from '../postgres/connect/server-error.ts';
import { analyze } from '../postgres/contents/analyze.ts';
import { readRestored } from '../postgres/contents/read-restored.ts';
import { ensureSchemas, inspectTarget, makeReadyForPart } from '../postgres/places/restore-target.ts';
import { openArchive } from './archive.ts';
import { bringAround, checkEmpty, withFittingJobs } from './around.ts';
import { chooseClient } from './choose-client.ts';
import { compareTables, schemasOf, type Table } from './choose-tables.ts';
import { type DatabaseItself, prepareDatabase } from './database-itself.ts';
import type { RestoreDeps } from './deps.ts';
import { extensionWarnings } from './extension-warnings.ts';
import { bringGlobals } from './globals.ts';
import type { RestoreRequest } from './request.ts';
import { checkTarget } from './target-check.ts';

export interface RestoreReport extends Comparison {
  readonly database: string;
  readonly serverVersion: string;
  readonly client: string;
  readonly jobs: number;
  /** Only these were restored; null for all. */
  readonly tables: readonly string[] | null;
  /** With their indexes, constraints, defaults, triggers and own sequences. */
  readonly complete: boolean;
  /** What the restore did without, a sentence each: what only a superuser may make, a view that cannot be filled. */
  readonly leftOut: readonly string[];
  /** What can be done about that, where something is known. */
  readonly hints: readonly string[];
  /** What patterns left out of the backup itself, in words; empty if it is whole. */
  readonly partial: string;
  /** What the database held, and the backup does not: dropped, because a person accepted that. */
  readonly lost: readonly string[];
  /** Whether the planner's statistics were collected; if not, though it was asked for, why. */
  readonly analyzed: boolean;
  readonly notAnalyzed?: string;
  /** What the server refused of the globals; null if they were not asked for. */
  readonly globalsRefused: readonly string[] | null;
  /** What the backup lacks, and what pg_dump warned of, each a sentence. */
  readonly remarks: readonly string[];
  /** Of pg_restore, and the download where it came first. */
  readonly restoreMs: number;
}

/**
 * Restores a backup into a database and compares what came back with the manifest. Nothing is touched before everything
 * was looked at: the target, the programs, and with several jobs the whole archive.
 *
 * @throws {@link PolicyError} if the database is not empty and `clean` does not name it
 * @throws {@link DumpError} if pg_restore or the server failed, {@link VaultError} if the archive is not what was stored,
 * {@link ConfigError} if a program, a table or room on the disk is missing
 * @throws the signal's reason, if it aborts
 */
export async function restore(deps: RestoreDeps, request: RestoreRequest): Promise<RestoreReport> {
  try {
    return await restoreAndCompare(deps, request);
  } catch (error) {
    // What was broken off says this or that, and nothing of it matters.
    request.signal.throwIfAborted();
    throw error;
  }
}

async function restoreAndCompare(deps: RestoreDeps, asked: RestoreRequest): Promise<RestoreReport> {
  const { store, clock } = deps;
  const { backup, to, signal } = asked;
  const { manifest } = backup;
  const tables = chooseTables(manifest, asked.options.tables);
  const state = await inspectTarget(to.target, to.database);
  checkTarget(to.database, state, asked.options);
  checkEmpty(asked, state);
  const request = withFittingJobs(deps, asked, state);
  const { options } = request;
  for (const warning of extensionWarnings(manifest, state.extensions)) deps.onRemark(`! ${warning}`);
  const clients = await deps.clientPrograms();
  const chosen = chooseClient(clients, manifest, Math.floor(state.server.versionNumber / 10_000));

  const startedAt = clock();
  const archive = await openArchive(store, manifest, {
    ...{ jobs: options.jobs, temporaryFolder: options.temporaryFolder, signal },
    onBytes: (doneBytes) =>
      deps.onProgress({
        step: options.jobs > 1 ? 'download' : 'restore',
        ...{ doneBytes, totalBytes: manifest.archive.sizeBytes },
      }),
  });
  try {
    const globalsRefused = options.globals ? await bringGlobals(store, clients, request) : null;
    const finishDatabase = await prepareDatabase(request, state);
    if (tables.length > 0) await ensureSchemas(to.target, to.database, schemasOf(tables));
    else if (state.holds.length === 0) await makeReadyForPart(to.target, to.database, manifest.leftOut);
    else await ensureSchemas(to.target, to.database, manifest.leftOut?.schemasToCreate ?? []);
    const brought = await bringAround(deps, request, { chosen, state, tables, archive: archive.source });
    const restoreMs = Math.max(0, clock().getTime() - startedAt.getTime());
    const notAnalyzed = options.analyze ? await collectStatistics(deps, request, tables) : null;
    return {
      ...(await finish(compare(deps, request, tables), finishDatabase, brought.leftOut)),
      ...{ analyzed: options.analyze && notAnalyzed === undefined, ...(notAnalyzed && { notAnalyzed }) },
      ...{ hints: brought.hints, lost: brought.lost, client: chosen.client.version, jobs: options.jobs },
      ...{ globalsRefused, restoreMs, complete: options.complete || tables.length === 0 },
      partial: leftOutWords(manifest.leftOut),
      remarks: (manifest.remarks ?? []).map(({ text }) => text),
      tables: tables.length === 0 ? null : tables.map(({ schema, name }) => `${schema}.${name}`),
    };
  } finally {
    await archive.close();
  }
}

/** Whatever the comparison comes to, the database is finished: nobody may enter it who could not before. */
async function finish<T extends Comparison>(
  comparing: Promise<T>,
  finishDatabase: () => Promise<DatabaseItself>,
  leftOut: readonly string[],
) {
  const [compared] = await Promise.allSettled([comparing]);
  const finishing = finishDatabase();
  if (compared.status === 'rejected') {
    await finishing.catch(() => {});
    throw compared.reason;
  }
  const itself = await finishing;
  return {
    ...compared.value,
    differences: [...compared.value.differences, ...itself.differences],
    leftOut: [...leftOut, ...itself.leftOut],
  };
}

async function collectStatistics(deps: RestoreDeps, { to, signal }: RestoreRequest, tables: readonly Table[]) {
  deps.onProgress({ step: 'analyze', doneBytes: 0, totalBytes: 0 });
  return analyze(to.target, to.database, tables, signal);
}

async function compare(deps: RestoreDeps, { backup, to, signal }: RestoreRequest, tables: readonly Table[]) {
  deps.onProgress({ step: 'compare', doneBytes: 0, totalBytes: 0 });
  const { manifest } = backup;
  const fingerprints = manifest.tables.some(({ fingerprint }) => fingerprint !== undefined);
  const isWanted = (found: { schema: string; name: string }) =>
    tables.length === 0 || tables.some(({ schema, name }) => schema === found.schema && name === found.name);
  const restored = await readRestored(to.target, to.database, fingerprints, signal, isWanted).catch((error) => {
    const { problem, hint } = serverError('compare', `"${to.database}"`, error);
    throw new DumpError({
      operation: 'compare',
      subject: `"${to.database}"`,
      problem: `everything was restored, but it could not be compared with the manifest: ${problem}`,
      ...(hint !== undefined && { hint }),
      cause: error,
    });
  });
  const comparison =
    tables.length === 0 ? compareRestored(manifest, restored) : compareTables(manifest, tables, restored);
  return { ...comparison, database: to.database, serverVersion: restored.serverVersion };
}
