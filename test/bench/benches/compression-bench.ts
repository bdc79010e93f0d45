import { statSync } from 'node:fs';
import path from 'node:path';
import { libpqEnvironment } from '../../../layers/postgres/connect/connection.ts';
import { type BenchOptions, type Outcome, runRounds } from '../measure/rounds.ts';
import { pipeline, quoted } from '../measure/run.ts';
import { type BenchDatabase, makeDatabase } from '../place/database.ts';
import type { Place } from '../place/place.ts';
import type { Finding } from '../report/results.ts';
import { formatTable, mb, ratio, seconds } from '../report/table.ts';

const METHODS = ['none', 'gzip:1', 'gzip:6', 'lz4', 'zstd:1', 'zstd:3', 'zstd:5', 'zstd:9'];

export interface CompressionFigures {
  readonly database: BenchDatabase;
  readonly rounds: number;
  readonly default: string;
  readonly methods: readonly (Outcome & { readonly archiveBytes: number })[];
}

/** What each of pg_dump's compressions takes and gives, without any bucket. */
export async function benchCompression(
  place: Place,
  { sizeMb, rounds, patienceMs }: BenchOptions,
  tell: (line: string) => void,
): Promise<Finding<CompressionFigures>> {
  const database = await makeDatabase(place.postgres, place.psql, `bench_compression_${sizeMb}`, sizeMb * 1e6);
  const env = libpqEnvironment(place.postgres.target, database.name);
  const sizes = new Map<string, number>();
  const contenders = METHODS.map((name) => {
    const file = path.join(place.folder, `${name}.dump`);
    const dump = quoted([place.client.pgDump, '--format=custom', `--compress=${name}`, '--no-password']);
    // Through a pipe, as ours: pg_dump goes back in a file of its own to write down where tables begin.
    return { name, title: name, file, command: () => pipeline(`${dump} | cat > ${quoted([file])}`, env) };
  });
  const outcomes = await runRounds(contenders, {
    ...{ rounds, base: place.compression, onRun: tell, patienceMs },
    afterEach: async () => {
      for (const { name, file } of contenders) {
        const size = statSync(file, { throwIfNoEntry: false })?.size;
        if (size !== undefined) sizes.set(name, size);
      }
    },
  });
  const methods = outcomes.map((one) => ({ ...one, archiveBytes: sizes.get(one.name) ?? 0 }));
  const figures = { database, rounds, default: place.compression, methods };
  return { what: 'compression', figures, table: tableOf(figures) };
}

function tableOf({ methods, database, default: chosen }: CompressionFigures): string {
  const rows = methods.map(({ name, medianS, ratio: toDefault, archiveBytes, programs }) => [
    name === chosen ? `${name} (default)` : name,
    seconds(medianS),
    ratio(toDefault),
    (programs.pg_dump?.cpuS ?? 0).toFixed(1),
    mb(archiveBytes),
    ratio(database.dataBytes / archiveBytes),
  ]);
  return formatTable([['', 's', 'x default', 'CPU s', 'MB', 'data/archive'], ...rows]);
}
