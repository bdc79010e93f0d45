import type { Lsn } from './lsn.ts';

/** A line of a cluster's history: 1 until the first promotion or recovery. */
export type Timeline = number;

/** Of which file a position is: its name says which. */
export interface Segment {
  readonly timeline: Timeline;
  /** Counted from the cluster's beginning, on all timelines alike. */
  readonly number: bigint;
}

const MIB = 1024 * 1024;
const SEGMENT_NAME = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})$/;

/**
 * A power of two from 1 MiB to 1 GiB; initdb's default is 16 MiB.
 *
 * @see src/include/access/xlog_internal.h, IsValidWalSegSize
 */
export function isSegmentSize(bytes: number): boolean {
  return Number.isInteger(Math.log2(bytes)) && bytes >= MIB && bytes <= 1024 * MIB;
}

/** The segment that the byte at a position is in. */
export function segmentNumber(lsn: Lsn, segmentSizeBytes: number): bigint {
  return lsn / BigInt(segmentSizeBytes);
}

export function segmentStart(number: bigint, segmentSizeBytes: number): Lsn {
  return number * BigInt(segmentSizeBytes);
}

/** In bytes: 0 at the start of a segment. */
export function offsetInSegment(lsn: Lsn, segmentSizeBytes: number): number {
  return Number(lsn % BigInt(segmentSizeBytes));
}

/**
 * The name of a segment's file: 24 hexadecimal digits.
 *
 * @see src/include/access/xlog_internal.h, XLogFileName
 */
export function segmentName(timeline: Timeline, number: bigint, segmentSizeBytes: number): string {
  const perId = segmentsPerId(segmentSizeBytes);
  return `${hex8(timeline)}${hex8(number / perId)}${hex8(number % perId)}`;
}

/** Reads what {@link segmentName} wrote; undefined for any name that no segment of this size has. */
export function parseSegmentName(name: string, segmentSizeBytes: number): Segment | undefined {
  const [, timeline = '', id = '', rest = ''] = SEGMENT_NAME.exec(name) ?? [];
  const perId = segmentsPerId(segmentSizeBytes);
  if (Number.parseInt(timeline, 16) >= 1 && BigInt(`0x${rest}`) < perId) {
    return { timeline: Number.parseInt(timeline, 16), number: BigInt(`0x${id}`) * perId + BigInt(`0x${rest}`) };
  }
  return undefined;
}

/** `00000002.history` */
export function historyName(timeline: Timeline): string {
  return `${hex8(timeline)}.history`;
}

/** Eight hexadecimal digits, upper case. */
export function hex8(number: number | bigint): string {
  return number.toString(16).toUpperCase().padStart(8, '0');
}

/** The first half of an LSN counts units of 4 GiB. */
function segmentsPerId(segmentSizeBytes: number): bigint {
  return 0x1_0000_0000n / BigInt(segmentSizeBytes);
}
