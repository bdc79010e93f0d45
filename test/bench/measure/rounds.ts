import type { Contender } from '../place/contenders.ts';
import { seconds } from '../report/table.ts';
import type { Cage } from './cage.ts';
import type { Usage } from './process-tree.ts';
import { untilQuiet } from './quiet.ts';
import { type Run, run } from './run.ts';
import { median, pairedRatio, rotated } from './statistics.ts';

/** What one contender's rounds came to. */
export interface Outcome {
  readonly name: string;
  readonly title: string;
  /** Of each round, in order. */
  readonly wallS: readonly number[];
  readonly medianS: number;
  /** The median of the rounds' ratios to the base contender. */
  readonly ratio: number;
  /** By program: CPU as the median, memory as the most, of all rounds. */
  readonly programs: Readonly<Record<string, Usage>>;
  /** The last line that it wrote in the last round. */
  readonly said: string;
}

/** What all measurements of a database take. */
export interface BenchOptions {
  /** Of COPY data. */
  readonly sizeMb: number;
  readonly rounds: number;
  readonly patienceMs: number;
}

export interface RoundsOptions {
  readonly rounds: number;
  /** Whose time the others' are divided by. */
  readonly base: string;
  /** Whether one round comes first that does not count; by default. */
  readonly warmUp?: boolean;
  /** Called after each run, outside of its time. */
  readonly afterEach: () => Promise<void>;
  readonly onRun: (line: string) => void;
  /** How long each run may wait for a machine that is not busy with other things. */
  readonly patienceMs: number;
  /** The limits that every run lives in. */
  readonly cage?: Cage | undefined;
}

/**
 * Runs contenders in turn, each round in another order, after one that does not count and warms the caches.
 *
 * @returns in the order given
 */
export async function runRounds(
  contenders: readonly Contender[],
  { rounds, base, warmUp = true, afterEach, onRun, cage, patienceMs }: RoundsOptions,
): Promise<Outcome[]> {
  const runs = new Map<string, Run[]>(contenders.map(({ name }) => [name, []]));
  for (let round = warmUp ? 0 : 1; round <= rounds; round++) {
    for (const contender of rotated(contenders, round)) {
      const quiet = await untilQuiet(patienceMs);
      const done = await run(contender.command(), cage);
      await afterEach();
      if (round > 0) runs.get(contender.name)?.push(done);
      const where = round === 0 ? 'warm-up' : `round ${round}`;
      onRun(`${where}: ${contender.name} ${seconds(done.wallMs / 1000)} s${quiet ? '' : ', the machine was busy'}`);
    }
  }
  const wallOf = (name: string) => (runs.get(name) ?? []).map(({ wallMs }) => wallMs / 1000);
  return contenders.map(({ name, title }) => {
    const wallS = wallOf(name);
    const own = runs.get(name) ?? [];
    return {
      ...{ name, title, wallS, medianS: median(wallS), ratio: pairedRatio(wallS, wallOf(base)) },
      programs: programsOf(own),
      said: own.at(-1)?.stdout.trim().split('\n').at(-1) ?? '',
    };
  });
}

/** Shells are nobody's work. */
const SHELLS = ['', 'sh', 'bash'];

export function programsOf(runs: readonly Run[]): Record<string, Usage> {
  const names = new Set(runs.flatMap(({ programs }) => Object.keys(programs)));
  const usage = (name: string): Usage => {
    const own = runs.flatMap(({ programs }) => programs[name] ?? []);
    return {
      cpuS: median(own.map(({ cpuS }) => cpuS)),
      peakRssBytes: Math.max(...own.map(({ peakRssBytes }) => peakRssBytes)),
    };
  };
  return Object.fromEntries([...names].filter((name) => !SHELLS.includes(name)).map((name) => [name, usage(name)]));
}
