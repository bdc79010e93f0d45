const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;

/** The wait after a wait: one second after none, then twice as long each time, up to a minute. In milliseconds. */
export function longerWaitMs(waitMs: number): number {
  return Math.min(LONGEST_MS, Math.max(FIRST_MS, 2 * waitMs));
}
