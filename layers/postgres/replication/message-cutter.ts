/** Cuts what a server sends into its messages. */
export interface MessageCutter {
  /** Gives it the next bytes. Those before must all be cut: {@link next} returned undefined. */
  feed(bytes: Buffer): void;
  /**
   * The content of the next CopyData. It shares memory with what was fed, or with the next message: it is good until the
   * next call.
   *
   * @returns undefined once all that was fed is cut
   */
  next(): Buffer | undefined;
}

/** The kind, and its length in four bytes, which counts itself. */
const HEADER_BYTES = 5;
const LENGTH_BYTES = 4;
/** CopyData is `d`. */
const COPY_DATA = 0x64;
/** A walsender's messages of WAL have 128 kB. */
const USUAL_BYTES = 160 * 1024;

/**
 * A walsender's bytes are nearly all of one kind. They take no fresh memory here: that of one message is used again.
 *
 * @param other - gets every message of another kind, whole and in order; it may keep it
 * @see https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export function openMessageCutter(other: (message: Buffer) => void): MessageCutter {
  let fed: Buffer = Buffer.alloc(0);
  /** A message that has begun: its header, and its content so far. */
  let header: Buffer = Buffer.alloc(0);
  let memory = Buffer.allocUnsafeSlow(USUAL_BYTES);
  let filled = 0;

  const take = (bytes: number) => {
    const taken = fed.subarray(0, bytes);
    fed = fed.subarray(taken.length);
    return taken;
  };
  /** The content of the message that has begun; undefined if it is not all there. */
  const content = (sizeBytes: number): Buffer | undefined => {
    if (filled === 0 && fed.length >= sizeBytes) return take(sizeBytes);
    if (memory.length < sizeBytes) memory = Buffer.concat([memory.subarray(0, filled)], sizeBytes);
    filled += take(sizeBytes - filled).copy(memory, filled);
    return filled === sizeBytes ? memory.subarray(0, sizeBytes) : undefined;
  };
  return {
    feed(bytes) {
      if (fed.length > 0) throw new Error('the bytes before are not cut yet');
      fed = bytes;
    },
    next() {
      for (;;) {
        if (header.length < HEADER_BYTES) header = Buffer.concat([header, take(HEADER_BYTES - header.length)]);
        if (header.length < HEADER_BYTES) return undefined;
        const found = content(header.readUInt32BE(1) - LENGTH_BYTES);
        if (found === undefined) return undefined;
        const whole = header;
        header = Buffer.alloc(0);
        filled = 0;
        if (whole[0] === COPY_DATA) return found;
        other(Buffer.concat([whole, found]));
      }
    },
  };
}
