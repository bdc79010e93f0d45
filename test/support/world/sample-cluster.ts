import type { VerdictName } from '../../../layers/backup/verdict.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import type { Cluster } from '../../../layers/wal/cluster.ts';
import {
  baseFileKey,
  baseKey,
  baseVerdictKey,
  clusterKey,
  partialKey,
  segmentKey,
  walStatusKey,
} from '../../../layers/wal/keys.ts';
import { formatLsn } from '../../../layers/wal/lsn.ts';
import { segmentName } from '../../../layers/wal/segments.ts';
import type { WalStatus } from '../../../layers/wal/wal-status.ts';
import { baseOf } from './stored-bases.ts';
import { WAL_CLUSTER, WAL_SEGMENT } from './wal-listing.ts';

export interface SampleCluster {
  readonly systemIdentifier?: string;
  readonly serverName?: string;
  readonly createdAt?: Date;
  /** The numbers of whole segments of timeline 1; after the last one comes the beginning of the next. */
  readonly segments: readonly number[];
  /** In which segment each base backup begins, and what its drill found. */
  readonly bases: readonly { readonly startedAt: Date; readonly segment: number; readonly verdict?: VerdictName }[];
  readonly status?: Partial<WalStatus>;
}

/** A cluster whose WAL is a few bytes: for what looks at keys and documents only. */
export async function storeSampleCluster(vault: Vault, sample: SampleCluster): Promise<void> {
  const { prefix } = vault;
  const { systemIdentifier = WAL_CLUSTER, serverName = 'db', createdAt = new Date(), segments, bases } = sample;
  const cluster: Cluster = {
    ...{ format: 'pgvouch/cluster', formatVersion: 1, systemIdentifier, serverName },
    ...{ segmentSizeBytes: WAL_SEGMENT, major: 18, createdAt: createdAt.toISOString() },
  };
  const name = (number: number) => segmentName(1, BigInt(number), WAL_SEGMENT);
  const last = Math.max(0, ...segments);
  const status: WalStatus = {
    ...{ format: 'pgvouch/wal-status', formatVersion: 1, systemIdentifier, timeline: 1 },
    ...{ askedAt: new Date().toISOString(), flushedLsn: formatLsn(BigInt((last + 1) * WAL_SEGMENT + 0x100)) },
    slot: {
      ...{ name: 'pgvouch', state: 'held', restartLsn: formatLsn(BigInt(last * WAL_SEGMENT)) },
      ...{ limitBytes: 20_000_000_000, roomBytes: 19_000_000_000 },
    },
    ...sample.status,
  };
  await vault.put(clusterKey(prefix, systemIdentifier), JSON.stringify(cluster));
  for (const { startedAt, segment, verdict } of bases) {
    const startLsn = BigInt(segment * WAL_SEGMENT);
    const { base } = baseOf({ startedAt, startLsn, stopLsn: startLsn + 0x100n });
    const of = { systemIdentifier, startedAt };
    for (const { file } of [...base.tablespaces, base.manifest])
      await vault.put(baseFileKey(prefix, of, base.attempt, file), 'file');
    await vault.put(baseKey(prefix, of), JSON.stringify({ ...base, systemIdentifier }));
    if (verdict) await vault.put(baseVerdictKey(prefix, of, verdict), '{}');
  }
  await Promise.all(segments.map((number) => vault.put(segmentKey(prefix, systemIdentifier, name(number)), 'wal')));
  await vault.put(partialKey(prefix, systemIdentifier, name(last + 1), 0x100), 'wal');
  await vault.put(walStatusKey(prefix, systemIdentifier), JSON.stringify(status));
}
