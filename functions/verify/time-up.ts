import { isTimeUp } from '../../layers/deadline/deadline.ts';
import { noVerdict } from './restore-attempt.ts';

/** What one backup had of a function's time. */
export interface TimeHad {
  /** When the function began; other backups may have come before this one. */
  readonly runStartedAt: Date;
  /** When this backup's turn came in the function. */
  readonly startedAt: Date;
  /** For how long others drilled on the same server. */
  readonly waitedMs: number;
}

/**
 * What a drill found out whose time was up: that it takes longer than there is, as it will again.
 *
 * @throws {@link ConfigError} if it had not the whole time for itself: then it may be done next time
 * @throws what the signal was aborted with, if it was anything else, as by Ctrl-C: then nothing was found out
 */
export function outOfTime(signal: AbortSignal, had: TimeHad, now: Date): string {
  if (!isTimeUp(signal)) throw signal.reason;
  if (hadWholeTime(had, now)) return 'The function ran out of time before the restore was finished and compared.';
  throw noVerdict(
    'time ran out, and other backups had used part of it; the rest have their own time in the next run',
    signal.reason,
  );
}

/** Nearly all: reading the bucket's listing comes before everything. */
const NEARLY_ALL = 0.9;

/** Whether what ran until now had nearly all the time that there was. Pure. */
export function hadWholeTime({ runStartedAt, startedAt, waitedMs }: TimeHad, now: Date): boolean {
  const ownMs = now.getTime() - startedAt.getTime() - waitedMs;
  return ownMs >= NEARLY_ALL * (now.getTime() - runStartedAt.getTime());
}
