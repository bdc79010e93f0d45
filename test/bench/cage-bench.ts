import { type CageLimits, makeCage } from './cage.ts';
import { contenders, LIMIT } from './contenders.ts';
import { type BenchDatabase, makeDatabase } from './database.ts';
import { emptyVault, type Place } from './place.ts';
import type { Finding } from './results.ts';
import { awsClient, minioClient } from './rivals.ts';
import { type BenchOptions, type Outcome, runRounds } from './rounds.ts';
import { formatTable, mb, ratio, seconds } from './table.ts';

/** What the container had that dumps came from before there were functions. */
const LIMITS: CageLimits = { memoryBytes: 512 * 2 ** 20, cpus: 0.5 };

export interface CageFigures {
  readonly database: BenchDatabase;
  readonly limits: CageLimits;
  /** Undefined where no control group could be made: then nothing was measured. */
  readonly outcomes: readonly Outcome[] | undefined;
  /** Of all processes together, pages of files included. */
  readonly peakBytes: number | undefined;
}

/** A dump in half a core and 512 MB, pg_dump and Node together; the servers are outside. */
export async function benchCage(
  place: Place,
  { sizeMb, rounds, patienceMs }: BenchOptions,
  tell: (line: string) => void,
): Promise<Finding<CageFigures>> {
  const rivals = { mc: await minioClient(), aws: await awsClient() };
  const database = await makeDatabase(place.postgres, place.psql, `bench_cage_${sizeMb}`, sizeMb * 1e6);
  const cage = makeCage(LIMITS);
  if (cage === undefined) {
    const figures = { database, limits: LIMITS, outcomes: undefined, peakBytes: undefined };
    return { what: 'cage', figures, table: 'no control group could be made here: nothing was measured' };
  }
  try {
    const those = contenders(place, database.name, rivals).filter(({ name }) =>
      [LIMIT, 'ours-sink', 'ours'].includes(name),
    );
    const afterEach = () => emptyVault(place.vault);
    const outcomes = await runRounds(those, { rounds, base: LIMIT, onRun: tell, patienceMs, afterEach, cage });
    const figures = { database, limits: LIMITS, outcomes, peakBytes: cage.peakBytes() };
    return { what: 'cage', figures, table: tableOf(outcomes, database, figures.peakBytes) };
  } finally {
    cage.remove();
  }
}

function tableOf(outcomes: readonly Outcome[], { dataBytes }: BenchDatabase, peakBytes: number): string {
  const rows = outcomes.map(({ title, medianS, ratio: toLimit, programs }) => [
    title,
    seconds(medianS),
    ratio(toLimit),
    mb(dataBytes / medianS),
    ...['pg_dump', 'node'].map((name) => mb(programs[name]?.peakRssBytes ?? 0)),
  ]);
  return [
    formatTable([['', 's', 'x limit', 'MB/s', 'pg_dump MB', 'node MB'], ...rows]),
    `${mb(peakBytes)} MB of ${mb(LIMITS.memoryBytes)} MB used at once, ${LIMITS.cpus} of a core`,
  ].join('\n');
}
