import { ConfigError } from './errors.ts';
import { LAMBDA_TIMEOUT_S } from './lambda-limits.ts';

/** A run that used more of its time than this is to be given more before it fails for the want of it. */
export const TIME_WARNING_RATIO = 0.7;

/**
 * More than any server reads from one table by one connection, which is what pg_dump has: about what a processor's core
 * gets from memory. Real ones are ten to a hundred times slower; see docs/performance.md.
 */
const FASTEST_READ_BYTES_PER_S = 10e9;

/** How much of the time that a run had it used: 0.7 is when it is reported. */
export function timeUsedRatio({ usedMs, limitMs }: { readonly usedMs: number; readonly limitMs: number }): number {
  return limitMs === 0 ? 1 : usedMs / limitMs;
}

/**
 * Refuses, before anything is dumped, what cannot be done in the time that there is on any server. What only might not
 * be is tried.
 *
 * @param heapBytes - of all tables' main forks, which have to be read to the last page, whatever is in them
 * @throws {@link ConfigError}
 */
export function refuseImpossible(
  database: string,
  heapBytes: number,
  { remainingMs }: { readonly remainingMs: number },
): void {
  const neededS = heapBytes / FASTEST_READ_BYTES_PER_S;
  if (neededS * 1000 <= remainingMs) return;
  throw new ConfigError({
    operation: 'dump',
    subject: `"${database}"`,
    problem: `its tables hold ${gb(heapBytes)}, and no server reads that much in the ${Math.round(remainingMs / 1000)} s available; nothing was dumped`,
    hint: `give it more time with DUMP_TIMEOUT; Lambda allows ${LAMBDA_TIMEOUT_S} s at most, so dump a larger database elsewhere; docs/performance.md says how much time a dump needs`,
  });
}

function gb(bytes: number): string {
  return `${(bytes / 1e9).toFixed(0)} GB`;
}
