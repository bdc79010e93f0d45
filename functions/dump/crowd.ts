import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Deadline } from '../../layers/deadline/deadline.ts';

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** A dump that starts later has no time left. */
const LATEST_START = 0.8;

/** Waits, longer each time, until a server that had no connection left may have one. */
export interface Crowd {
  /**
   * @param error - what the server said; thrown if the deadline leaves no time for another try
   * @throws the deadline's reason, if it comes meanwhile
   */
  wait(error: unknown): Promise<void>;
}

/**
 * @param random - between 0 and 1: those who were refused together must not come back together
 */
export function openCrowd(log: Logger, facts: object, deadline: Deadline, random: () => number): Crowd {
  let refusals = 0;
  return {
    async wait(error) {
      const waitMs = Math.round(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** refusals) * (0.5 + random()));
      refusals += 1;
      if (deadline.usedMs() + waitMs >= LATEST_START * deadline.remainingMs) throw error;
      log.warn({ ...facts, err: error, refusals, waitMs }, 'the server has no connection left: trying again');
      await delay(waitMs, undefined, { signal: deadline.signal }).catch(() => deadline.signal.throwIfAborted());
    },
  };
}
