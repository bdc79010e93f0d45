import { BroadcastChannel } from 'node:worker_threads';
import type { Logger } from 'pino';

/** How far a dump is. */
export interface DumpProgress {
  readonly database: string;
  readonly sentBytes: number;
  readonly expectedBytes: number;
}

export const PROGRESS_CHANNEL = 'pgvouch-progress';
const LOG_EVERY_MS = 30_000;
const TELL_EVERY_MS = 200;

/**
 * Makes a listener of progress: now and then a log line, and more often a message to whoever shares our process. Under
 * the local stack that is the terminal's progress bar; on Lambda no one listens.
 */
export function progressChannel(log: Logger): (progress: DumpProgress) => void {
  const channel = new BroadcastChannel(PROGRESS_CHANNEL);
  channel.unref();
  let loggedAt = Date.now();
  let toldAt = 0;
  return (progress) => {
    const now = Date.now();
    if (now - toldAt >= TELL_EVERY_MS) {
      toldAt = now;
      channel.postMessage(progress);
    }
    if (now - loggedAt < LOG_EVERY_MS) return;
    loggedAt = now;
    log.info(progress, 'dump under way');
  };
}
