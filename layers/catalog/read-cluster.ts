import type { ListedObject } from '../backup/catalog.ts';
import { ConfigError, VaultError } from '../backup/errors.ts';
import { mapBounded } from '../backup/map-bounded.ts';
import type { Vault } from '../vault/vault.ts';
import { type Base, parseBaseOf } from '../wal/base.ts';
import { type BaseEntry, baseEntries } from '../wal/base-entries.ts';
import { parseBaseVerdict } from '../wal/base-verdict.ts';
import { type Cluster, parseCluster } from '../wal/cluster.ts';
import { holdingsOf } from '../wal/holdings.ts';
import { basesFolder, clusterFolder, clusterKey, clustersFolder, historyKey } from '../wal/keys.ts';
import { type Lsn, parseLsn } from '../wal/lsn.ts';
import { saidWindowsIn, windowInForce } from '../wal/said-window.ts';
import { type StoredBase, storedBase } from '../wal/stored-base.ts';
import { type HistoryEntry, parseHistory } from '../wal/timelines.ts';
import type { ClusterArchive } from '../wal/windows.ts';

/** A cluster as the vault has it. */
export interface StoredCluster extends ClusterArchive {
  readonly cluster: Cluster;
  /** What the listing has of every base backup, also of those that are not there as a whole. */
  readonly entries: readonly BaseEntry[];
  /** How far back it is to be recovered, in days of 24 h; undefined if nobody has said it. */
  readonly windowDays: number | undefined;
}

const CONCURRENCY = 16;

/**
 * Finds a cluster by its system identifier or its server's name; the only one, if no name is given.
 *
 * @throws {@link ConfigError} if there is none, or the name does not say which
 */
export async function findCluster(vault: Vault, name: string | undefined, signal?: AbortSignal): Promise<Cluster> {
  const clusters = await readClusters(vault, signal);
  const named = clusters.filter(
    ({ systemIdentifier, serverName }) => name === undefined || name === systemIdentifier || name === serverName,
  );
  const [only, ...others] = named;
  if (only !== undefined && others.length === 0) return only;
  const list = (some: readonly Cluster[]) =>
    some
      .map(({ systemIdentifier, serverName }) => [systemIdentifier, serverName].filter(Boolean).join(' of '))
      .join(', ');
  const problem =
    clusters.length === 0
      ? `no cluster's WAL is stored in ${vault.bucket}/${vault.prefix}`
      : `there are the clusters ${list(named.length > 0 ? named : clusters)}`;
  const hint = 'name one with --cluster <system identifier>, or with the name of its server';
  throw new ConfigError({
    operation: 'choose the cluster',
    ...(name !== undefined && { subject: name }),
    problem,
    hint,
  });
}

/**
 * Reads what the vault holds of a cluster: one listing, and every base backup's document and timeline's history.
 *
 * @throws {@link VaultError} if one of them cannot be read
 */
export async function readCluster(vault: Vault, cluster: Cluster, signal?: AbortSignal): Promise<StoredCluster> {
  const listed: ListedObject[] = [];
  const folder = clusterFolder(vault.prefix, cluster.systemIdentifier);
  for await (const page of vault.listPages(folder, { signal })) listed.push(...page);
  return clusterFrom(vault.prefix, cluster, listed, readerOf(vault, signal));
}

/** What is not there any more is read as an empty text, and then refused. */
function readerOf(vault: Vault, signal: AbortSignal | undefined): ReadDocument {
  return async ({ key }, parse) => parse((await vault.getText(key, signal)) ?? '', key);
}

/** Reads a document of the vault; undefined for one to do without. */
export type ReadDocument = <T>(object: ListedObject, parse: (text: string, key: string) => T) => Promise<T | undefined>;

/**
 * A cluster of which a listing is known already. Base backups whose document is to be done without are left out.
 *
 * @param listed - all that is in the cluster's folder
 * @throws {@link VaultError} if a timeline's history cannot be read, and what `read` throws
 */
export async function clusterFrom(
  prefix: string,
  cluster: Cluster,
  listed: readonly ListedObject[],
  read: ReadDocument,
): Promise<StoredCluster> {
  const { systemIdentifier, segmentSizeBytes } = cluster;
  const holdings = holdingsOf(prefix, systemIdentifier, listed, segmentSizeBytes);
  const keys = new Map(holdings.histories.map((one) => [historyKey(prefix, systemIdentifier, one), one]));
  const histories = await mapBounded(
    listed.filter(({ key }) => keys.has(key)),
    CONCURRENCY,
    async (object) => {
      const timeline = keys.get(object.key) ?? 0;
      return [timeline, await readHistory(object, timeline, read)] as const;
    },
  );
  const entries = baseEntries(prefix, systemIdentifier, listed);
  return {
    ...{ cluster, holdings, entries, bases: await readBases(systemIdentifier, entries, read) },
    windowDays: windowInForce(saidWindowsIn(prefix, systemIdentifier, listed)),
    histories: new Map<number, readonly HistoryEntry[]>(histories),
  };
}

async function readHistory(object: ListedObject, timeline: number, read: ReadDocument): Promise<HistoryEntry[]> {
  // In an object, so that a text that is no history is known as one.
  const { history } = (await read(object, (text) => ({ history: parseHistory(text, timeline) }))) ?? {};
  if (history !== undefined) return history;
  const hint = 'write the history file of that timeline there, as it stands in pg_wal of the server';
  const problem = 'it is not a history of a timeline';
  throw new VaultError({ operation: 'read', subject: object.key, problem, hint });
}

/** Every cluster that there is, by system identifier. One request for each: there are few. */
export async function readClusters(vault: Vault, signal?: AbortSignal): Promise<Cluster[]> {
  const folder = clustersFolder(vault.prefix);
  const clusters: Cluster[] = [];
  for (let after: string | undefined; ; ) {
    const [first] = (await vault.listPages(folder, { after, signal }).next()).value ?? [];
    if (first === undefined) return clusters;
    const [name = ''] = first.key.slice(folder.length).split('/');
    // Beyond all that is in its folder.
    after = `${folder}${name}0`;
    const key = clusterKey(vault.prefix, name);
    const text = await vault.getText(key, signal);
    if (text !== undefined) clusters.push(parseCluster(text, key));
  }
}

/**
 * The base backups of a cluster, without looking at its WAL: one listing, and every document.
 *
 * @throws {@link VaultError} if a document cannot be read
 */
export async function listBases(vault: Vault, systemIdentifier: string, signal?: AbortSignal): Promise<StoredBase[]> {
  const listed: ListedObject[] = [];
  for await (const page of vault.listPages(basesFolder(vault.prefix, systemIdentifier), { signal }))
    listed.push(...page);
  return readBases(systemIdentifier, baseEntries(vault.prefix, systemIdentifier, listed), readerOf(vault, signal));
}

async function readBases(
  systemIdentifier: string,
  entries: readonly BaseEntry[],
  read: ReadDocument,
): Promise<StoredBase[]> {
  const bases = await mapBounded(entries, CONCURRENCY, async (entry) => {
    const base = entry.document && (await read(entry.document, parseBaseOf(systemIdentifier)));
    return base ? [storedBase(base, entry, await readGoodUntil(base, entry, read))] : [];
  });
  return bases.flat();
}

/** Up to where a corrupt one can be recovered to; undefined if nowhere, or if its verdict cannot be read. */
async function readGoodUntil(base: Base, entry: BaseEntry, read: ReadDocument): Promise<Lsn | undefined> {
  const object = entry.verdict?.name === 'corrupt' && entry.verdicts.find(({ key }) => key.endsWith('-corrupt.json'));
  if (!object) return undefined;
  try {
    const found = await read(object, parseBaseVerdict);
    return found?.attempt === base.attempt ? parseLsn(found.goodUntil ?? '') : undefined;
  } catch (error) {
    if (!(error instanceof VaultError || error instanceof ConfigError)) throw error;
    return undefined;
  }
}
