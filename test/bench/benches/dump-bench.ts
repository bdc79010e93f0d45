import { type BenchOptions, type Outcome, runRounds } from '../measure/rounds.ts';
import { pairedRatio } from '../measure/statistics.ts';
import { contenders, LIMIT, LIMIT_TITLE } from '../place/contenders.ts';
import { type BenchDatabase, makeDatabase } from '../place/database.ts';
import { emptyVault, type Place } from '../place/place.ts';
import { awsClient, minioClient } from '../place/rivals.ts';
import { drawBars } from '../report/picture.ts';
import type { Finding, Machine } from '../report/results.ts';
import { formatTable, mb, ratio, seconds } from '../report/table.ts';

export interface DumpFigures {
  readonly database: BenchDatabase;
  readonly compression: string;
  readonly rounds: number;
  readonly rivals: Readonly<Record<string, string>>;
  readonly contenders: readonly Outcome[];
  readonly archiveBytes: { readonly ours: number; readonly oldRoute: number };
  /** Ratios of wall time, each the median of paired rounds; what the goals are about. */
  readonly ratios: Readonly<Record<'oursSinkToLimit' | 'oursToMcPipe' | 'oldRouteToOurs' | 'oursToAwsCp', number>>;
  readonly node: NodeFigures;
}

interface NodeFigures {
  /** Of the function's own process, by its own count. */
  readonly cpuSPerGb: number;
  readonly peakRssBytes: number;
  readonly initMs: number;
  readonly longestStallMs: number;
}

/** What `dump.json` and the picture are of. */
export const DEFAULT_SIZE_MB = 1_000;

/** A dump from end to end, beside what a user would take instead, and beside what none can beat. */
export async function benchDump(
  place: Place,
  { sizeMb, rounds, patienceMs }: BenchOptions,
  tell: (line: string) => void,
): Promise<Finding<DumpFigures>> {
  const rivals = { mc: await minioClient(), aws: await awsClient() };
  const database = await makeDatabase(place.postgres, place.psql, `bench_${sizeMb}`, sizeMb * 1e6);
  tell(`database: ${mb(database.dataBytes)} MB of data, ${mb(database.sizeBytes)} MB with indexes`);
  const outcomes = await runRounds(contenders(place, database.name, rivals), {
    ...{ rounds, base: LIMIT, onRun: tell, patienceMs },
    afterEach: () => emptyVault(place.vault),
  });
  const named = (name: string): Outcome => {
    const found = outcomes.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no contender ${name}`);
    return found;
  };
  const between = (one: string, other: string) => pairedRatio(named(one).wallS, named(other).wallS);
  const own = JSON.parse(named('ours-sink').said) as OwnReport;
  const figures: DumpFigures = {
    ...{ database, compression: place.compression, rounds, contenders: outcomes },
    rivals: { mc: rivals.mc.version, aws: rivals.aws.version },
    archiveBytes: { ours: own.answer.archive.sizeBytes, oldRoute: Number(named('old-route').said) },
    ratios: {
      oursSinkToLimit: between('ours-sink', LIMIT),
      oursToMcPipe: between('ours', 'mc-pipe'),
      oldRouteToOurs: between('old-route', 'ours'),
      oursToAwsCp: between('ours', 'aws-cp'),
    },
    node: {
      cpuSPerGb: own.cpuS / (database.dataBytes / 1e9),
      ...{ peakRssBytes: own.peakRssBytes, initMs: own.initMs, longestStallMs: own.longestStallMs },
    },
  };
  const finding = { figures, table: tableOf(figures) };
  if (sizeMb !== DEFAULT_SIZE_MB) return { what: `dump-${sizeMb}mb`, ...finding };
  return { what: 'dump', ...finding, picture: (machine) => pictureOf(figures, machine) };
}

/** What the README shows. */
function pictureOf({ contenders: outcomes, database }: DumpFigures, machine: Machine): string {
  return drawBars({
    title: 'A backup, from the database to the bucket',
    subtitle:
      `Time, as multiples of pg_dump alone (${LIMIT_TITLE}); ${mb(database.dataBytes)} MB of data, ` +
      `${machine.cores} cores, medians of paired runs`,
    unit: '×',
    bars: outcomes.map(({ name, title, ratio: value }) => ({ label: title, value, ours: name.startsWith('ours') })),
  });
}

interface OwnReport {
  readonly answer: { readonly archive: { readonly sizeBytes: number } };
  readonly cpuS: number;
  readonly peakRssBytes: number;
  readonly initMs: number;
  readonly longestStallMs: number;
}

function tableOf({ contenders: outcomes, database, archiveBytes, ratios, node }: DumpFigures): string {
  const rows = outcomes.map(({ title, medianS, ratio: toLimit, programs }) => [
    title,
    seconds(medianS),
    ratio(toLimit),
    mb(database.dataBytes / medianS),
    ...['pg_dump', 'node', 'mc', 'aws'].map((name) => {
      const used = programs[name];
      return used ? `${used.cpuS.toFixed(1)} / ${mb(used.peakRssBytes)}` : '';
    }),
  ]);
  const head = ['', 's', 'x limit', 'MB/s', 'pg_dump CPU s / MB', 'node', 'mc', 'aws'];
  return [
    formatTable([head, ...rows]),
    `archive: ours ${mb(archiveBytes.ours)} MB, old route ${mb(archiveBytes.oldRoute)} MB`,
    `ours/limit ${ratio(ratios.oursSinkToLimit)} (sink), ours/mc pipe ${ratio(ratios.oursToMcPipe)}, ` +
      `old route/ours ${ratio(ratios.oldRouteToOurs)}, ours/aws ${ratio(ratios.oursToAwsCp)}`,
    `node: ${node.cpuSPerGb.toFixed(2)} CPU s per GB, ${mb(node.peakRssBytes)} MB at its peak, ` +
      `${Math.round(node.initMs)} ms to load, longest stall ${Math.round(node.longestStallMs)} ms`,
  ].join('\n');
}
