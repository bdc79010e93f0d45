import type pg from 'pg';
import { DumpError } from '../../backup/errors.ts';
import { formatLsn } from '../../wal/lsn.ts';
import { startCopyBoth } from './copy-both.ts';
import { replicationError } from './replication-error.ts';
import { readWalMessage, statusUpdate } from './wal-messages.ts';

interface Asked {
  readonly timeline: number;
  /** A position that the server has reached; it still has the WAL from there on. */
  readonly reached: bigint;
  readonly signal: AbortSignal;
  /** The server, for messages. */
  readonly subject: string;
}

/**
 * The server's clock. A walsender takes no SQL, but every message of WAL, and every keepalive, says when it was sent; one is
 * asked for.
 *
 * @returns a moment after the one at which the position was reached
 * @throws {@link DumpError} if the timeline has ended there, or the server refuses
 */
export async function askServerTime(client: pg.Client, { timeline, reached, signal, subject }: Asked): Promise<Date> {
  signal.throwIfAborted();
  const copy = startCopyBoth(client, `START_REPLICATION PHYSICAL ${formatLsn(reached)} TIMELINE ${timeline}`);
  const abort = () => copy.destroy(new Error('broken off'));
  signal.addEventListener('abort', abort, { once: true });
  try {
    copy.send(statusUpdate(0n, Date.now(), true));
    const message = await copy.next();
    const sentAt = message instanceof Buffer ? readWalMessage(message).sentAt : undefined;
    copy.endSending();
    await copy.ended();
    if (sentAt !== undefined) return sentAt;
    throw new DumpError({
      operation: 'ask for the time of',
      subject,
      problem: `timeline ${timeline} has ended at ${formatLsn(reached)}: the server was promoted`,
      hint: 'the next run takes its base backup on the new timeline',
    });
  } catch (error) {
    signal.throwIfAborted();
    throw replicationError('ask for the time of', subject, error);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
