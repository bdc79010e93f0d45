import { run } from '../measure/run.ts';
import { type BenchCluster, byTls, invocationOn, startBenchCluster } from '../place/cluster.ts';
import { fillPgbench, writePgbenchWal, writeRandomWal } from '../place/pgbench.ts';
import { emptyVault, type Place } from '../place/place.ts';
import { endOfSegment, renewSlots, slotsFrom } from '../place/wal-slots.ts';

/** What one run of wal held at most. */
export interface Peak {
  readonly segmentMb: number;
  /** pgbench's, or such as no compression makes smaller. */
  readonly wal: 'pgbench' | 'random';
  readonly isTls: boolean;
  readonly walBytes: number;
  readonly nodeBytes: number;
}

interface Load extends Pick<Peak, 'wal'> {
  readonly bytes: number;
}

/** Enough to see that more takes no more memory. */
const SMALL = 100e6;
const SCALE = 20;
/** No autovacuum writes WAL beside it. */
export const QUIET = { autovacuum: 'off' };

/** Of runs with segments of both sizes, through both protocols. */
export async function walMemory(place: Place, small: BenchCluster): Promise<Peak[]> {
  const peaks = await peaksOf(place, small, [
    { wal: 'pgbench', bytes: SMALL },
    { wal: 'random', bytes: 2 * SMALL },
  ]);
  // A server of its own: other segments need other files.
  const large = await startBenchCluster(place, { segmentMb: 64, settings: QUIET });
  try {
    await fillPgbench(large, SCALE);
    const loads = [
      { wal: 'pgbench', bytes: 2 * SMALL },
      { wal: 'pgbench', bytes: 4 * SMALL },
      { wal: 'random', bytes: 2 * SMALL },
    ] as const;
    return [...peaks, ...(await peaksOf(place, large, loads))];
  } finally {
    await large.end();
  }
}

async function peaksOf(place: Place, cluster: BenchCluster, loads: readonly Load[]): Promise<Peak[]> {
  const peaks: Peak[] = [];
  for (const { wal, bytes } of loads) {
    const start = await slotsFrom(cluster);
    await (wal === 'random' ? writeRandomWal : writePgbenchWal)(cluster, bytes);
    const walBytes = Number((await endOfSegment(cluster)) - start);
    for (const isTls of [false, true]) {
      await renewSlots(cluster);
      const vault = isTls ? byTls(place) : place.vault.config;
      const { programs } = await run(invocationOn({ place, cluster, vault }, 'wal', {}, { PITR_SLOT: 'ours' }));
      const segmentMb = cluster.segmentSizeBytes / 1024 ** 2;
      peaks.push({ segmentMb, wal, isTls, walBytes, nodeBytes: programs.node?.peakRssBytes ?? Number.NaN });
      await emptyVault(place.vault);
    }
  }
  return peaks;
}
