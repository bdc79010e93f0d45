/** A piece of WAL as a walsender sends it. */
export interface WalPiece {
  readonly kind: 'wal';
  /** The position of its first byte. */
  readonly start: bigint;
  /** Up to here the server had flushed WAL as it sent this. */
  readonly serverEnd: bigint;
  /** Shares memory with the message. */
  readonly bytes: Buffer;
  /** By the server's clock. */
  readonly sentAt: Date;
}

export interface Keepalive {
  readonly kind: 'keepalive';
  /** Up to here the server had sent WAL. */
  readonly serverEnd: bigint;
  readonly sentAt: Date;
}

/**
 * Reads a message of a walsender.
 *
 * @throws {@link Error} if it is neither WAL nor a keepalive: the protocol has nothing else
 * @see https://www.postgresql.org/docs/current/protocol-replication.html#PROTOCOL-REPLICATION-XLOGDATA
 */
export function readWalMessage(message: Buffer): WalPiece | Keepalive {
  const kind = message[0];
  if (kind === WAL && message.length >= WAL_HEADER) {
    const [start, serverEnd] = [message.readBigUInt64BE(1), message.readBigUInt64BE(9)];
    return { kind: 'wal', start, serverEnd, bytes: message.subarray(WAL_HEADER), sentAt: readInstant(message, 17) };
  }
  if (kind === KEEPALIVE && message.length === KEEPALIVE_LENGTH) {
    return { kind: 'keepalive', serverEnd: message.readBigUInt64BE(1), sentAt: readInstant(message, 9) };
  }
  throw new Error(
    `the server sent a message of replication that is unknown: ${message.subarray(0, 32).toString('hex')}`,
  );
}

/** Whether the server ends the connection if it gets no answer soon. */
export function asksForReply(message: Buffer): boolean {
  return message[0] === KEEPALIVE && message[KEEPALIVE_LENGTH - 1] === 1;
}

/**
 * What tells the server how far its WAL is safe; from there on its slot keeps it.
 *
 * @param stored - 0 says nothing: the slot stays where it is
 * @param nowMs - of the Unix epoch
 * @param askForReply - the server then answers at once
 * @see https://www.postgresql.org/docs/current/protocol-replication.html#PROTOCOL-REPLICATION-STANDBY-STATUS-UPDATE
 */
export function statusUpdate(stored: bigint, nowMs: number, askForReply = false): Buffer {
  const message = Buffer.alloc(STATUS_LENGTH);
  message[0] = STATUS;
  // Written is what is stored, too: a server that waits for us as for a synchronous standby waits for the bucket.
  message.writeBigUInt64BE(stored, 1);
  message.writeBigUInt64BE(stored, 9);
  message.writeBigInt64BE(BigInt(Math.round(nowMs) - POSTGRES_EPOCH_MS) * 1_000n, 25);
  message[STATUS_LENGTH - 1] = Number(askForReply);
  return message;
}

/** Rounded up to the millisecond: what came before it is not after it. */
function readInstant(message: Buffer, offset: number): Date {
  return new Date(Number((message.readBigInt64BE(offset) + 999n) / 1_000n) + POSTGRES_EPOCH_MS);
}

/** `w`, `k` and `r`. */
const WAL = 0x77;
const KEEPALIVE = 0x6b;
const STATUS = 0x72;
/** The kind, and three numbers of eight bytes: start, the server's end, its clock. */
const WAL_HEADER = 25;
const KEEPALIVE_LENGTH = 18;
const STATUS_LENGTH = 34;
/** PostgreSQL counts microseconds from 2000 on. */
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);
