import { setTimeout as delay } from 'node:timers/promises';
import { type Known, write } from './wal-invariants.ts';
import type { RunOf, WalPlace } from './wal-place.ts';
import type { WalProcess } from './wal-process.ts';

/** What a fault has to work with. */
export interface Strike {
  readonly place: WalPlace;
  readonly known: Known;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly times: Times;
}

/** How long a run lasts, learnt from those that faults have met and missed; and what one sends and receives. */
export interface Times {
  /** Until its handler begins. */
  readonly loadMs: number;
  readonly bucketBytes: number;
  /** From then on, as it seems now. */
  workMs: { wal: number; base: number };
}

/** What came of it. */
export interface Struck {
  /** Whether the fault met a run that was at work. */
  readonly struck: boolean;
  readonly said: readonly string[];
}

export type WalFault = (strike: Strike) => Promise<Struck>;

/** Starts a run, with another beside it if that is asked for, and does something at a moment of it that nobody chose. */
export async function strikeDuring(
  strike: Strike,
  act: (run: WalProcess) => Promise<unknown> | unknown,
  { beside = false, ...run }: RunOf & { readonly beside?: boolean } = {},
): Promise<Struck> {
  const { place, times } = strike;
  const { of = 'wal' } = run;
  const first = place.start(run);
  const runs = [first, ...(beside ? [place.start()] : [])];
  // What the server had not committed when it was killed is nobody's loss.
  const writing = write(place.writer.server, 2).catch(() => {});
  await someMoment(strike, first, of);
  const struck = isRunning(first);
  times.workMs[of] = struck ? times.workMs[of] * 1.1 : Math.max(20, times.workMs[of] * 0.7);
  await act(first);
  await writing;
  const ended = await Promise.all(runs.map((one) => one.ended));
  return { struck, said: ended.map(({ said }) => said) };
}

export function isRunning({ child }: WalProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/** Some while it is started, most while it is at work. */
async function someMoment({ random, times }: Strike, run: WalProcess, of: 'wal' | 'base'): Promise<void> {
  const isEarly = random() < 0.15;
  if (!isEarly) await run.loaded;
  await delay(random() * (isEarly ? times.loadMs : times.workMs[of]));
}
