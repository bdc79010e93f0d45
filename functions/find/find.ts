import { dumpOrder } from '../../layers/backup/dump-order.ts';
import { DumpError } from '../../layers/backup/errors.ts';
import { compareFound, type FoundDatabases } from '../../layers/backup/found-databases.ts';
import { foundDatabasesKey } from '../../layers/backup/keys.ts';
import { listDatabases } from '../../layers/postgres/connect/list-databases.ts';
import { ensureBucket } from '../../layers/vault/bucket.ts';
import { readArchiveSizes } from './archive-sizes.ts';
import { readKnown, refuseAnotherServer } from './known.ts';
import type { FindDeps, FindRequest } from './request.ts';

/** What a finding came to. */
export interface Found {
  /** As the event has it: the dumps are named by it. */
  readonly firedAt: string;
  /** Those to dump, in that order. */
  readonly databases: readonly string[];
  /** Those that were not there the last time. */
  readonly came: readonly string[];
  /** Those that the server has no more. */
  readonly went: readonly string[];
}

/**
 * Finds the databases of the server that patterns fit, and writes down what it found, so that whoever has no connection to
 * the server knows which there are, which are new and which are gone.
 *
 * @throws {@link DumpError} if the server cannot be asked, or has none of them any more, {@link ConfigError} if it is
 * another server, {@link VaultError} if the bucket failed
 */
export async function find(deps: FindDeps, request: FindRequest): Promise<Found> {
  const { patterns, concurrency, firedAt, isDue = () => true, deadline } = request;
  const { vault, log } = deps;
  const { signal } = deadline;
  await ensureBucket(vault, { create: vault.config.server !== undefined, signal });
  const known = await readKnown(deps, signal);
  const before = known?.databases.slice(0, MOST_ASKED_THROUGH).map(({ name }) => name) ?? [];
  const { server, databases: seen } = await listDatabases(deps.target, [...patterns.names, ...before]);
  signal.throwIfAborted();
  if (known) refuseAnotherServer(known, server);
  const foundAt = deps.clock();
  const finding = compareFound(known, seen, patterns, foundAt);
  const names = finding.databases.map(({ name }) => name);
  if (names.length === 0) throw noneFound(finding.went);
  const sizes = await readArchiveSizes(vault, names, foundAt, signal);
  const databases = dumpOrder(finding.databases, sizes);
  const document = {
    ...({ format: 'pgvouch/databases', formatVersion: 1 } as const),
    ...{ firedAt: firedAt.toISOString(), foundAt: foundAt.toISOString() },
    ...{ server, concurrency, databases, gone: finding.gone, apart: finding.apart },
  } satisfies FoundDatabases;
  await vault.put(foundDatabasesKey(vault.prefix), `${JSON.stringify(document, null, 2)}\n`, signal);
  const { came, went, apart } = finding;
  for (const database of went)
    log.warn({ database }, 'the server has this database no more: its backups are kept by the rules');
  for (const database of came) log.info({ database }, 'the server has a database that was not there the last time');
  for (const { name, why } of apart)
    if (why !== 'template') log.info({ database: name, why }, 'a database is not backed up');
  const due = databases.map(({ name }) => name).filter(isDue);
  log.info(
    { firedAt: document.firedAt, databases: names.length, due: due.length, came: came.length, went: went.length },
    'databases found',
  );
  return { firedAt: document.firedAt, databases: due, came, went };
}

/** As many databases that were there before are tried, if the role cannot log in to `postgres`. */
const MOST_ASKED_THROUGH = 5;

/** An empty server in the place of the right one must not pass for one whose databases were all dropped. */
function noneFound(went: readonly string[]): DumpError {
  return new DumpError({
    operation: 'find databases',
    problem:
      went.length > 0
        ? `the server has none of the databases any more that it had (${went.slice(0, 5).join(', ')}${went.length > 5 ? ', …' : ''})`
        : 'the server has no database that POSTGRES_DBS fits and that the role may connect to',
    hint: 'check POSTGRES_HOST, POSTGRES_DBS, and that the role has the right to CONNECT',
  });
}
