import pg from 'pg';
import { formatLsn, parseLsn } from '../../wal/lsn.ts';
import { startCopyBoth } from './copy-both.ts';
import { replicationError } from './replication-error.ts';
import { asksForReply, readWalMessage, statusUpdate, type WalPiece } from './wal-messages.ts';

export interface WalStreamOptions {
  /** Its WAL is kept for us, and moves on with what {@link WalStream.stored} says; one connection at a time has it. */
  readonly slot: string;
  readonly timeline: number;
  readonly from: bigint;
  /** Breaks off when it aborts. */
  readonly signal: AbortSignal;
}

/** The timeline that follows, and the position at which it leaves the one that was streamed. */
export interface NextTimeline {
  readonly timeline: number;
  readonly from: bigint;
}

export interface WalStream {
  /**
   * The next WAL, without a gap; its bytes are good until the next call. `silence` if nothing comes for so long; undefined once the
   * timeline has ended.
   *
   * @throws {@link DumpError} if the server refuses or the connection breaks; the signal's reason once it aborts
   */
  next(waitMs?: number): Promise<WalPiece | 'silence' | undefined>;
  /**
   * Tells the server that all WAL before a position is stored for good, at once and from now on. It believes any position,
   * and removes what lies before it: never say more than the bucket holds.
   */
  stored(upTo: bigint): void;
  /** Up to here the server has flushed WAL, as far as its messages that were read tell. */
  serverEnd(): bigint;
  /** Ends the stream in order; WAL that nobody read is dropped. Undefined unless the timeline ended, and another follows. */
  end(): Promise<NextTimeline | undefined>;
}

/**
 * So often the server hears of us, whatever we do meanwhile: with `wal_sender_timeout` it ends a connection that is silent,
 * also while it is the server that waits. The message has 34 bytes.
 */
const STATUS_EVERY_MS = 1_000;

/** @param subject - the server, for messages */
export async function startWalStream(
  client: pg.Client,
  options: WalStreamOptions,
  subject: string,
): Promise<WalStream> {
  const { slot, timeline, from, signal } = options;
  const command = `START_REPLICATION SLOT ${pg.escapeIdentifier(slot)} PHYSICAL ${formatLsn(from)} TIMELINE ${timeline}`;
  signal.throwIfAborted();
  let storedTo = 0n;
  let receivedTo = from;
  let serverEnd = from;
  let broken: unknown;
  const tell = () => copy.send(statusUpdate(storedTo, Date.now()));
  const copy = startCopyBoth(client, command);
  const timer = setInterval(tell, STATUS_EVERY_MS);
  timer.unref();
  const abort = () => copy.destroy(signal.reason instanceof Error ? signal.reason : new Error('broken off'));
  signal.addEventListener('abort', abort, { once: true });
  const close = () => {
    clearInterval(timer);
    signal.removeEventListener('abort', abort);
  };
  const fail = (error: unknown) => {
    close();
    signal.throwIfAborted();
    broken ??= replicationError('stream WAL from', subject, error);
    throw broken;
  };
  return {
    async next(waitMs) {
      for (;;) {
        const message = await copy.next(waitMs).catch(fail);
        if (message === 'silence' || message === undefined) return message;
        if (asksForReply(message)) tell();
        const said = readWalMessage(message);
        if (said.serverEnd > serverEnd) serverEnd = said.serverEnd;
        if (said.kind !== 'wal') continue;
        if (said.start !== receivedTo) {
          const problem = `the server sent ${formatLsn(said.start)} after ${formatLsn(receivedTo)}`;
          copy.destroy(new Error(problem));
          return fail(new Error(problem));
        }
        receivedTo += BigInt(said.bytes.length);
        return said;
      }
    },
    stored(upTo) {
      if (upTo > receivedTo) throw new Error(`${formatLsn(upTo)} was not received yet: ${formatLsn(receivedTo)}`);
      if (upTo <= storedTo) return;
      storedTo = upTo;
      tell();
    },
    serverEnd: () => serverEnd,
    async end() {
      copy.endSending();
      const rows = await copy.ended().catch(fail);
      close();
      const [following, leaves] = rows[0] ?? [];
      const at = parseLsn(leaves ?? '');
      return following == null || at === undefined ? undefined : { timeline: Number(following), from: at };
    },
  };
}
