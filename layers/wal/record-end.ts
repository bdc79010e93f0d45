/** Where PostgreSQL stopped reading, and what it knows of that. */
export interface StopFacts {
  /** The segment that the position is in, as recovery had it: filled up with zeros. */
  readonly segment: Buffer;
  /** In the segment. */
  readonly offset: number;
  /** How many of the segment's bytes are stored. */
  readonly endOffset: number;
  /** How many bytes of WAL follow the position, in later segments, too. */
  readonly followingBytes: number;
}

/** PostgreSQL's default, and Debian's: another one must be compiled in. */
const PAGE_BYTES = 8_192;
const LONG_HEADER_BYTES = 40;
const HEADER_BYTES = 24;
const SHORTEST_RECORD_BYTES = 24;

/**
 * Whether the WAL may end at a position after which bytes are stored. PostgreSQL takes whatever is no record for the end of
 * the WAL, and says nothing: so the end of a server that writes must be kept apart from a record that is broken. The WAL ends
 * with nothing but zeros, or with a record that was not finished yet when it was stored.
 *
 * @see src/backend/access/transam/xlogreader.c, ValidXLogRecordHeader; src/include/access/xlog_internal.h, XLogPageHeaderData
 */
export function mayEndThere({ segment, offset, endOffset, followingBytes }: StopFacts): boolean {
  if (followingBytes <= 0 || offset >= endOffset) return followingBytes <= 0;
  const rest = segment.subarray(offset, endOffset);
  if (rest.every((byte) => byte === 0)) return followingBytes === rest.length;
  const header = offset % PAGE_BYTES === 0 ? (offset === 0 ? LONG_HEADER_BYTES : HEADER_BYTES) : 0;
  const at = offset + header;
  if (at + 4 > endOffset) return followingBytes <= header + 4;
  const totalBytes = segment.readUInt32LE(at);
  if (totalBytes < SHORTEST_RECORD_BYTES) return false;
  const onFirstPage = Math.min(totalBytes, PAGE_BYTES - (at % PAGE_BYTES));
  const pages = Math.ceil((totalBytes - onFirstPage) / (PAGE_BYTES - HEADER_BYTES));
  if (header + totalBytes + pages * HEADER_BYTES <= followingBytes) return false;
  const nextPage = at - (at % PAGE_BYTES) + PAGE_BYTES;
  // The next page says how much of the record is still to come: a length that is wrong would be found out.
  if (pages > 0 && nextPage + 20 <= endOffset) return segment.readUInt32LE(nextPage + 16) === totalBytes - onFirstPage;
  return true;
}
