/** Says when the beginning of a segment is to be stored, so that the bucket is never further behind than that. */
export interface PartialClock {
  /** When the next one is due. */
  readonly dueMs: number;
  /** One was begun, with all WAL until then, and has been stored. */
  stored(beganMs: number, endedMs: number): void;
}

/** The share of the longest time to store that the next one still expects: a busy store is not quick again at once. */
const REMEMBERED = 0.8;
/** For the way from the server to us. */
const SHARE_ON_THE_WAY = 0.05;

/**
 * Until one is stored, the bucket lacks all since the one before was begun. So the next must be begun earlier by as long as
 * storing takes; at the earliest after half the time, lest a slow store do nothing else.
 *
 * @param everyMs - how far the bucket may be behind
 */
export function openPartialClock(everyMs: number, nowMs: number): PartialClock {
  // How long before this run the last one was begun, nobody knows.
  let dueMs = nowMs + everyMs / 2;
  let tookMs = 0;
  return {
    get dueMs() {
      return dueMs;
    },
    stored(beganMs, endedMs) {
      tookMs = Math.max(endedMs - beganMs, tookMs * REMEMBERED);
      dueMs = beganMs + Math.max(everyMs / 2, everyMs * (1 - SHARE_ON_THE_WAY) - tookMs);
    },
  };
}
