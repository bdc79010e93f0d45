import { type BenchOptions, runRounds } from '../measure/rounds.ts';
import { LIMIT, oursTo, pgDumpAlone } from '../place/contenders.ts';
import { type BenchDatabase, makeDatabase } from '../place/database.ts';
import type { Place } from '../place/place.ts';
import type { Finding } from '../report/results.ts';
import { formatTable, mb, ratio, seconds } from '../report/table.ts';

export interface MemoryFigures {
  readonly rounds: number;
  readonly sizes: readonly MemoryOfSize[];
  /** The largest database's peak, as a multiple of the smallest's. */
  readonly growth: number;
}

export interface MemoryOfSize {
  readonly database: BenchDatabase;
  readonly medianS: number;
  readonly toLimit: number;
  /** Of the function's process, the most of all rounds. */
  readonly nodeBytes: number;
  readonly pgDumpBytes: number;
  /** Of the function's process. */
  readonly cpuSPerGb: number;
  /** The same of the pg_dump that it ran; older results have none. */
  readonly pgDumpCpuSPerGb?: number;
}

/** What a dump takes of memory and CPU as databases grow. */
export async function benchMemory(
  place: Place,
  { sizesMb, rounds, patienceMs }: BenchOptions & { readonly sizesMb: readonly number[] },
  tell: (line: string) => void,
): Promise<Finding<MemoryFigures>> {
  const sizes: MemoryOfSize[] = [];
  for (const sizeMb of [...sizesMb].sort((a, b) => a - b)) {
    const name = `bench_memory_${sizeMb}`;
    const database = await makeDatabase(place.postgres, place.psql, name, sizeMb * 1e6);
    const contenders = [
      pgDumpAlone(place, name),
      { name: 'ours', title: 'pgvouch', command: () => oursTo(place, place.sink, name) },
    ];
    const afterEach = async () => {};
    const outcomes = await runRounds(contenders, { rounds, base: LIMIT, onRun: tell, patienceMs, afterEach });
    const ours = outcomes.find((one) => one.name === 'ours');
    const { node, pg_dump: pgDump } = ours?.programs ?? {};
    sizes.push({
      ...{ database, medianS: ours?.medianS ?? Number.NaN, toLimit: ours?.ratio ?? Number.NaN },
      ...{ nodeBytes: node?.peakRssBytes ?? Number.NaN, pgDumpBytes: pgDump?.peakRssBytes ?? Number.NaN },
      cpuSPerGb: (node?.cpuS ?? Number.NaN) / (database.dataBytes / 1e9),
      pgDumpCpuSPerGb: (pgDump?.cpuS ?? Number.NaN) / (database.dataBytes / 1e9),
    });
    await place.postgres.sql('postgres', `DROP DATABASE ${name}`);
  }
  const growth = (sizes.at(-1)?.nodeBytes ?? Number.NaN) / (sizes[0]?.nodeBytes ?? Number.NaN);
  const figures = { rounds, sizes, growth };
  return { what: 'memory', figures, table: tableOf(figures) };
}

function tableOf({ sizes, growth }: MemoryFigures): string {
  const rows = sizes.map(({ database, medianS, toLimit, nodeBytes, pgDumpBytes, cpuSPerGb, pgDumpCpuSPerGb }) => [
    `${mb(database.dataBytes)} MB`,
    seconds(medianS),
    ratio(toLimit),
    cpuSPerGb.toFixed(2),
    pgDumpCpuSPerGb?.toFixed(2) ?? '',
    mb(nodeBytes),
    mb(pgDumpBytes),
  ]);
  return [
    formatTable([['data', 's', 'x limit', 'node CPU s a GB', 'pg_dump CPU s a GB', 'node MB', 'pg_dump MB'], ...rows]),
    `the largest takes ${ratio(growth)} times the memory of the smallest`,
  ].join('\n');
}
