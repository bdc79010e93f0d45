import { type Comparison, compareRestored } from '../../../layers/backup/comparison.ts';
import { DumpError } from '../../../layers/backup/errors.ts';
import { serverError } from '../../../layers/postgres/connect/server-error.ts';
import { readRestored } from '../../../layers/postgres/contents/read-restored.ts';
import { watchDatabaseSize } from '../../../layers/postgres/contents/size-watch.ts';
import { createDatabase, ensureSchemas, inspectTarget } from '../../../layers/postgres/places/restore-target.ts';
import type { ClientPrograms } from '../../../layers/postgres/programs/client-programs.ts';
import { restoreArchive } from '../../../layers/postgres/programs/restore-archive.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { openArchive } from './archive.ts';
import { chooseClient } from './choose-client.ts';
import { chooseTables, compareTables, schemasOf, type Table, tableArguments } from './choose-tables.ts';
import { explainFailure } from './explain-failure.ts';
import { bringGlobals } from './globals.ts';
import type { RestoreOptions, RestoreRequest } from './request.ts';
import { checkTarget } from './target-check.ts';

export interface RestoreDeps {
  readonly vault: Vault;
  readonly clientPrograms: () => Promise<readonly ClientPrograms[]>;
  /** Told how far it is, often. */
  readonly onProgress: (progress: RestoreProgress) => void;
  readonly clock: () => Date;
}

export interface RestoreProgress {
  /** `download`: the archive into a file; `restore`: bytes of the archive, or of the database where jobs run in parallel. */
  readonly step: 'download' | 'restore' | 'compare';
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface RestoreReport extends Comparison {
  readonly database: string;
  readonly serverVersion: string;
  readonly client: string;
  readonly jobs: number;
  /** Only these were restored; null for all. */
  readonly tables: readonly string[] | null;
  /** What the server refused of the globals; null if they were not asked for. */
  readonly globalsRefused: readonly string[] | null;
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

async function restoreAndCompare(deps: RestoreDeps, request: RestoreRequest): Promise<RestoreReport> {
  const { vault, clock } = deps;
  const { backup, to, options, signal } = request;
  const { manifest } = backup;
  const tables = chooseTables(manifest, options.tables);
  const state = await inspectTarget(to.target, to.database);
  checkTarget(to.database, state, options);
  const clients = await deps.clientPrograms();
  const { client, olderServer } = chooseClient(clients, manifest, Math.floor(state.server.versionNumber / 10_000));

  const startedAt = clock();
  const archive = await openArchive(vault, manifest, {
    ...{ jobs: options.jobs, temporaryFolder: options.temporaryFolder, signal },
    onBytes: (doneBytes) =>
      deps.onProgress({
        step: options.jobs > 1 ? 'download' : 'restore',
        ...{ doneBytes, totalBytes: manifest.archive.sizeBytes },
      }),
  });
  try {
    const globalsRefused = options.globals ? await bringGlobals(vault, clients, request) : null;
    if (!state.exists) await createDatabase(to.target, to.database, manifest.source);
    if (tables.length > 0) await ensureSchemas(to.target, to.database, schemasOf(tables));
    const atomic = state.holds.length > 0 && options.jobs === 1 && !olderServer;
    await watched(deps, request, () =>
      restoreArchive({
        ...{ client, olderServer, signal, ...to },
        archive: archive.source,
        args: restoreArguments(options, tables, { clean: state.holds.length > 0, atomic, olderServer }),
      }),
    ).catch((error) => {
      throw explainFailure(error, request, { atomic, serverVersion: state.server.version });
    });
    const restoreMs = Math.max(0, clock().getTime() - startedAt.getTime());
    return {
      ...(await compare(deps, request, tables)),
      ...{ client: client.version, jobs: options.jobs, globalsRefused, restoreMs },
      tables: tables.length === 0 ? null : tables.map(({ schema, name }) => `${schema}.${name}`),
    };
  } finally {
    await archive.close();
  }
}

/** What pg_restore is told, but for where to and from where; also what a person would tell it. */
export function restoreArguments(
  { without }: Pick<RestoreOptions, 'without'>,
  tables: readonly Table[],
  { clean, atomic, olderServer }: { readonly clean: boolean; readonly atomic: boolean; readonly olderServer: boolean },
): string[] {
  return [
    // In one transaction a failed restore leaves what was there as it was. It stops at an error by itself.
    ...(atomic ? ['--single-transaction'] : olderServer ? [] : ['--exit-on-error']),
    ...(clean ? ['--clean', '--if-exists'] : []),
    ...without,
    ...tableArguments(tables),
  ];
}

/** Of parallel jobs nobody knows which bytes they are at; the database grows, though. */
async function watched(deps: RestoreDeps, { backup, to, options }: RestoreRequest, work: () => Promise<void>) {
  if (options.jobs === 1) return work();
  const totalBytes = backup.manifest.source.sizeBytes;
  const stop = watchDatabaseSize(to.target, to.database, (sizeBytes) =>
    deps.onProgress({ step: 'restore', doneBytes: Math.min(sizeBytes, totalBytes), totalBytes }),
  );
  return work().finally(stop);
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
