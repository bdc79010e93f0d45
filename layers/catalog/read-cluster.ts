import type { ListedObject } from '../backup/catalog.ts';
import { ConfigError, VaultError } from '../backup/errors.ts';
import { mapBounded } from '../backup/map-bounded.ts';
import { VERDICTS, type VerdictName } from '../backup/verdict.ts';
import type { Vault } from '../vault/vault.ts';
import { parseBase } from '../wal/base.ts';
import { type Cluster, parseCluster } from '../wal/cluster.ts';
import { holdingsOf } from '../wal/holdings.ts';
import { clusterFolder, clusterKey, clustersFolder, historyKey, parseClusterKey } from '../wal/keys.ts';
import { type StoredBase, storedBase } from '../wal/stored-base.ts';
import { type HistoryEntry, parseHistory } from '../wal/timelines.ts';
import type { ClusterArchive } from '../wal/windows.ts';

/** A cluster as the vault has it. */
export interface StoredCluster extends ClusterArchive {
  readonly cluster: Cluster;
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
  const { prefix } = vault;
  const { systemIdentifier, segmentSizeBytes } = cluster;
  const listed: ListedObject[] = [];
  for await (const page of vault.listPages(clusterFolder(prefix, systemIdentifier), { signal })) listed.push(...page);
  const holdings = holdingsOf(prefix, systemIdentifier, listed, segmentSizeBytes);
  const histories = await mapBounded(holdings.histories, CONCURRENCY, async (timeline) => {
    const key = historyKey(prefix, systemIdentifier, timeline);
    const history = parseHistory((await vault.getText(key, signal)) ?? '', timeline);
    if (history !== undefined) return [timeline, history] as const;
    const hint = 'write the history file of that timeline there, as it stands in pg_wal of the server';
    throw new VaultError({ operation: 'read', subject: key, problem: 'it is not a history of a timeline', hint });
  });
  return {
    ...{ cluster, holdings, bases: await readBases(vault, systemIdentifier, listed, signal) },
    histories: new Map<number, readonly HistoryEntry[]>(histories),
  };
}

/** One request for each: there are few. */
async function readClusters(vault: Vault, signal?: AbortSignal): Promise<Cluster[]> {
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

async function readBases(
  vault: Vault,
  systemIdentifier: string,
  listed: readonly ListedObject[],
  signal: AbortSignal | undefined,
): Promise<StoredBase[]> {
  const documents: string[] = [];
  const verdicts = new Map<number, { readonly name: VerdictName; readonly at: Date }>();
  const kept = new Set<number>();
  for (const { key, modifiedAt } of listed) {
    const parsed = parseClusterKey(vault.prefix, key);
    if (parsed?.systemIdentifier !== systemIdentifier) continue;
    if (parsed.kind === 'base') documents.push(key);
    if (parsed.kind === 'base-mark' && parsed.mark === 'kept') kept.add(parsed.startedAt.getTime());
    if (parsed.kind !== 'base-verdict') continue;
    const known = verdicts.get(parsed.startedAt.getTime());
    const verdict = { name: parsed.verdict, at: modifiedAt };
    if (known === undefined || countsMore(verdict, known)) verdicts.set(parsed.startedAt.getTime(), verdict);
  }
  const bases = await mapBounded(documents, CONCURRENCY, async (key) => {
    const base = parseBase((await vault.getText(key, signal)) ?? '', key);
    const startedAt = new Date(base.startedAt).getTime();
    return storedBase(base, verdicts.get(startedAt)?.name, kept.has(startedAt));
  });
  return bases;
}

/** The one written last, and of two written at once the worse, as with dumps. */
function countsMore(
  one: { readonly name: VerdictName; readonly at: Date },
  other: { readonly name: VerdictName; readonly at: Date },
): boolean {
  if (one.at.getTime() !== other.at.getTime()) return one.at > other.at;
  return VERDICTS.indexOf(one.name) > VERDICTS.indexOf(other.name);
}
