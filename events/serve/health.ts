import type { Background } from '../host/background.ts';
import type { Report } from './http.ts';

export interface HealthFacts {
  readonly next: ReturnType<Background['next']>;
  readonly listening: boolean;
  readonly exporter: boolean;
}

/** A firing that is so late means that the clock stands still. */
const LATE_MS = 60_000;

/**
 * Whether the process is well, so that nobody needs to start it anew: the clock runs, and notifications are listened for.
 * The exporter's process is reported, but decides nothing: it is started again by itself.
 */
export function healthOf({ next, listening, exporter }: HealthFacts, now: Date): Report {
  const clock = Object.values(next).every((at) => at === null || at.getTime() > now.getTime() - LATE_MS);
  return { ok: clock && listening, clock, receiver: listening, exporter, next };
}
