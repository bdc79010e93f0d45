import { type CageLimits, makeCage } from '../measure/cage.ts';
import { type BenchOptions, type Outcome, runRounds } from '../measure/rounds.ts';
import { LIMIT, oursTo, pgDumpAlone } from '../place/contenders.ts';
import { type BenchDatabase, makeDatabase } from '../place/database.ts';
import { emptyVault, type Place } from '../place/place.ts';
import type { Finding } from '../report/results.ts';
import { formatTable, mb, ratio, seconds } from '../report/table.ts';

/** What the container had that dumps came from before there were functions. */
export const OLD_CONTAINER = 'the old container';
/** What a dump may run of a function's 900 s; see deadline.ts. */
const FUNCTION_S = 890;
/** Limited cores make runs long; what is measured are rates. */
const MOST_MB = 400;
/** Lambda gives a processor for every 1769 MB. @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const MB_A_CPU = 1769;

const SIZES: readonly { readonly name: string; readonly limits: CageLimits }[] = [
  { name: OLD_CONTAINER, limits: { memoryBytes: 512 * 2 ** 20, cpus: 0.5 } },
  ...[512, 1024, 1769, 3008].map((megabytes) => ({
    name: `Lambda, ${megabytes} MB`,
    limits: { memoryBytes: megabytes * 2 ** 20, cpus: megabytes / MB_A_CPU },
  })),
];

export interface CageFigures {
  readonly database: BenchDatabase;
  readonly rounds: number;
  /** Empty where no control group could be made: then nothing was measured. */
  readonly sizes: readonly CageSize[];
}

export interface CageSize {
  readonly name: string;
  readonly limits: CageLimits;
  readonly outcomes: readonly Outcome[];
  /** Of all processes together, pages of files included. */
  readonly peakBytes: number;
  /** How much data our dump gets done in the time that a function has. */
  readonly fitsBytes: number;
}

/** A dump within the limits of a container or a function, pg_dump and Node together; the servers are outside. */
export async function benchCage(
  place: Place,
  { sizeMb, rounds, patienceMs }: BenchOptions,
  tell: (line: string) => void,
): Promise<Finding<CageFigures>> {
  const bytes = Math.min(sizeMb, MOST_MB) * 1e6;
  const database = await makeDatabase(place.postgres, place.psql, 'bench_cage', bytes);
  const contenders = [
    pgDumpAlone(place, database.name),
    { name: 'ours', title: 'pgvouch, Ceph', command: () => oursTo(place, place.vault.config, database.name) },
  ];
  const sizes: CageSize[] = [];
  for (const size of SIZES) {
    const cage = makeCage(size.limits);
    if (cage === undefined) break;
    try {
      tell(`${size.name}: ${size.limits.cpus.toFixed(2)} of a core`);
      const afterEach = () => emptyVault(place.vault);
      const outcomes = await runRounds(contenders, { rounds, base: LIMIT, onRun: tell, patienceMs, afterEach, cage });
      const ours = outcomes.find(({ name }) => name === 'ours');
      const fitsBytes = (FUNCTION_S * database.dataBytes) / (ours?.medianS ?? Number.NaN);
      sizes.push({ ...size, outcomes, peakBytes: cage.peakBytes(), fitsBytes });
    } finally {
      cage.remove();
    }
  }
  const figures = { database, rounds, sizes };
  return { what: 'cage', figures, table: tableOf(figures) };
}

function tableOf({ sizes, database: { dataBytes } }: CageFigures): string {
  if (sizes.length === 0) return 'no control group could be made here: nothing was measured';
  const rows = sizes.flatMap(({ name, limits, outcomes, peakBytes, fitsBytes }) =>
    outcomes.map(({ name: who, title, medianS, ratio: toLimit, programs }) => [
      `${name}: ${title}`,
      limits.cpus.toFixed(2),
      seconds(medianS),
      ratio(toLimit),
      mb(dataBytes / medianS),
      ...['pg_dump', 'node'].map((program) => mb(programs[program]?.peakRssBytes ?? 0)),
      mb(peakBytes),
      who === 'ours' ? (fitsBytes / 1e9).toFixed(0) : '',
    ]),
  );
  return formatTable([
    ['', 'cores', 's', 'x limit', 'MB/s', 'pg_dump MB', 'node MB', 'all MB', 'GB in 890 s'],
    ...rows,
  ]);
}
