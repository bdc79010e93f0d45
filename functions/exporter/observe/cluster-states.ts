import type { Logger } from 'pino';
import type { ListedObject } from '../../../layers/backup/catalog.ts';
import { VaultError } from '../../../layers/backup/errors.ts';
import { mapBounded } from '../../../layers/backup/map-bounded.ts';
import type { ClusterListings } from '../../../layers/catalog/listing/clusters.ts';
import { clusterFrom, type StoredCluster } from '../../../layers/catalog/read-cluster.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { parseCluster } from '../../../layers/wal/cluster.ts';
import { clusterKey, walStatusKey } from '../../../layers/wal/keys.ts';
import { standingOf } from '../../../layers/wal/standing.ts';
import { parseWalStatus, type WalStatus } from '../../../layers/wal/wal-status.ts';
import { clusterDue, type PitrSchedules } from './cluster-due.ts';
import type { Ask, Documents } from './documents.ts';
import type { ClusterState } from './observation.ts';

interface ClusterDeps {
  readonly vault: Vault;
  readonly documents: Documents;
  readonly log: Logger;
  readonly pitr: PitrSchedules | undefined;
}

const CONCURRENCY = 4;

/**
 * Reads the few documents that say how each cluster stands, each writing of an object once. A cluster whose own document
 * or history cannot be read is left out, and the log says why.
 */
export async function readClusterStates(
  deps: ClusterDeps,
  listings: ClusterListings,
  ask: Ask,
): Promise<ClusterState[]> {
  const states = await mapBounded([...listings], CONCURRENCY, async ([systemIdentifier, listed]) => {
    const stored = await readStored(deps, systemIdentifier, listed, ask);
    if (stored === undefined) return [];
    const status = await readStatus(deps, systemIdentifier, listed, ask);
    const { cluster, bases } = stored;
    const server = cluster.serverName ?? systemIdentifier;
    return [{ ...NOT_DUE, cluster, server, bases, standing: standingOf(stored, status ?? undefined), status }];
  });
  return states
    .flat()
    .map((state, _, all) => ({ ...state, ...due(state, isLatest(state, all) ? deps.pitr : undefined) }))
    .sort((a, b) => (a.server === b.server ? activity(b) - activity(a) : a.server < b.server ? -1 : 1));
}

async function readStored(
  { vault, documents, log }: ClusterDeps,
  systemIdentifier: string,
  listed: readonly ListedObject[],
  ask: Ask,
): Promise<StoredCluster | undefined> {
  const read = async <T>(object: ListedObject, parse: (text: string, key: string) => T): Promise<T | undefined> => {
    const found = await documents.other(object, parse, { ...ask, miss: ask.fail });
    if (found === undefined) throw new NotAnswered();
    return found === null || found === 'unreadable' ? undefined : found;
  };
  const key = clusterKey(vault.prefix, systemIdentifier);
  const document = listed.find((object) => object.key === key);
  try {
    const cluster = document && (await read(document, parseCluster));
    return cluster && (await clusterFrom(vault.prefix, cluster, listed, read));
  } catch (error) {
    if (error instanceof NotAnswered) return undefined;
    if (!(error instanceof VaultError)) throw error;
    log.warn({ err: error, systemIdentifier }, 'a cluster cannot be read');
    return undefined;
  }
}

const NOT_DUE = { configured: false, baseOverdueAt: undefined, drillOverdueAt: undefined };

function due({ standing, bases }: ClusterState, pitr: PitrSchedules | undefined) {
  return pitr ? { configured: true, ...clusterDue(pitr, standing, bases) } : NOT_DUE;
}

/** The store was silent, which has been said. */
class NotAnswered extends Error {}

async function readStatus(
  { vault, documents }: ClusterDeps,
  systemIdentifier: string,
  listed: readonly ListedObject[],
  ask: Ask,
): Promise<WalStatus | null | undefined> {
  const key = walStatusKey(vault.prefix, systemIdentifier);
  const object = listed.find((one) => one.key === key);
  if (object === undefined) return null;
  const status = await documents.other(object, parseWalStatus, ask);
  return status === 'unreadable' ? undefined : status;
}

/** Of a server that was upgraded, or made anew under the same name, the others are history. */
function isLatest(state: ClusterState, all: readonly ClusterState[]): boolean {
  return !all.some((other) => other.server === state.server && activity(other) > activity(state));
}

function activity({ cluster, standing: { archivedAt }, status }: ClusterState): number {
  const asked = status ? Date.parse(status.askedAt) : 0;
  return Math.max(Date.parse(cluster.createdAt), archivedAt?.getTime() ?? 0, asked);
}
