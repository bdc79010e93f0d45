// `npm run bench`: measures, prints tables, and writes results/<what>.json and docs/performance.md.
import { Command, Option } from 'commander';
import { benchCage } from './benches/cage-bench.ts';
import { benchCatalog } from './benches/catalog-bench.ts';
import { benchColdStart } from './benches/cold-start-bench.ts';
import { benchCompression } from './benches/compression-bench.ts';
import { benchCost } from './benches/cost-bench.ts';
import { benchDrill } from './benches/drill-bench.ts';
import { benchDump, DEFAULT_SIZE_MB } from './benches/dump-bench.ts';
import { benchEncryption } from './benches/encryption-bench.ts';
import { benchMemory } from './benches/memory-bench.ts';
import { benchPieces } from './benches/pieces-bench.ts';
import { benchPitrBase } from './benches/pitr-base-bench.ts';
import { benchPitrDrill } from './benches/pitr-drill-bench.ts';
import { benchPitrLag } from './benches/pitr-lag-bench.ts';
import { benchPitrRestore } from './benches/pitr-restore-bench.ts';
import { benchPitrWal } from './benches/pitr-wal-bench.ts';
import { benchService } from './benches/service-bench.ts';
import { benchVerify } from './benches/verify-bench.ts';
import { openPlace, type Place } from './place/place.ts';
import { describeMachine, type Finding, publish } from './report/results.ts';

interface Options {
  readonly what: readonly string[];
  readonly sizeMb: number;
  readonly sizesMb: readonly number[];
  readonly sizesGb: readonly number[];
  readonly plain: boolean;
  readonly rounds: number;
  readonly backups: readonly number[];
  readonly patienceMs: number;
  readonly keep: boolean;
}

interface Given {
  readonly patience: number;
  readonly sizeGb?: readonly number[];
}

type Measurement = (place: Place, options: Options, tell: (line: string) => void) => Promise<Finding>;

const MEASUREMENTS: Readonly<Record<string, Measurement>> = {
  dump: benchDump,
  encryption: benchEncryption,
  cage: benchCage,
  verify: benchVerify,
  drill: benchDrill,
  pieces: benchPieces,
  compression: benchCompression,
  memory: benchMemory,
  service: benchService,
  catalog: benchCatalog,
  'cold-start': benchColdStart,
  'pitr-wal': benchPitrWal,
  'pitr-lag': benchPitrLag,
  'pitr-base': benchPitrBase,
  'pitr-restore': benchPitrRestore,
  'pitr-drill': benchPitrDrill,
  cost: benchCost,
};

/** All of them together. */
const PITR = 'pitr';

const numbers = (text: string, all: number[] = []) => [...all, Number(text)];
const program = new Command('npm run bench --')
  .description('Measures pgvouch beside what could be used instead.')
  .addOption(
    new Option('--what <names...>', 'what to measure')
      .choices([...Object.keys(MEASUREMENTS), PITR])
      .default(Object.keys(MEASUREMENTS)),
  )
  .option('--size-mb <number>', 'the database, in MB of COPY data', Number, DEFAULT_SIZE_MB)
  .option('--sizes-mb <numbers...>', 'the databases of memory', numbers)
  .option('--size-gb <numbers...>', 'the databases of pieces', numbers)
  .option('--no-plain', 'pieces: no plain restore, which takes as much disk as the database')
  .option('--rounds <number>', 'how often', Number, 5)
  .option('--backups <numbers...>', 'the catalogs', numbers)
  .option('--patience <seconds>', 'how long each run may wait for a machine that is busy', Number, 20)
  .option('--no-keep', 'do not write the results to files');
program.parse();
const given = program.opts<Omit<Options, 'sizesMb' | 'sizesGb' | 'backups' | 'patienceMs'> & Given>();
const defaults = { sizesMb: [1_000, 4_000], sizesGb: given.sizeGb ?? [1], backups: [10, 1_000, 10_000] };
const options: Options = { ...defaults, patienceMs: 1000 * given.patience, ...given };

const tell = (line: string) => void process.stderr.write(`${line}\n`);
const place = await openPlace();
try {
  const parts = Object.keys(MEASUREMENTS).filter((name) => name.startsWith(`${PITR}-`));
  for (const what of options.what.flatMap((name) => (name === PITR ? parts : name))) {
    const machine = describeMachine();
    const finding = await MEASUREMENTS[what]?.(place, options, tell);
    if (finding === undefined) continue;
    process.stdout.write(`\n${what}, load ${machine.loadBefore.toFixed(1)} before\n${finding.table}\n`);
    if (options.keep) tell(`written to ${publish(finding, machine, new Date())}`);
  }
} finally {
  await place.end();
}
