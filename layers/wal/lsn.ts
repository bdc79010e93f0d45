import * as z from 'zod';

/** A position in the WAL of a cluster: bytes since its beginning, 64 bits. */
export type Lsn = bigint;

const LSN = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/;

/** As PostgreSQL writes it, for our documents. */
export const lsnSchema = z.string().regex(/^(0|[1-9A-F][0-9A-F]{0,7})\/(0|[1-9A-F][0-9A-F]{0,7})$/);

/**
 * Reads `0/16B3748`; undefined for anything else.
 *
 * @see src/backend/utils/adt/pg_lsn.c, pg_lsn_in_internal
 */
export function parseLsn(text: string): Lsn | undefined {
  const [, high, low] = LSN.exec(text) ?? [];
  return high === undefined || low === undefined ? undefined : (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

/** `0/16B3748`, as PostgreSQL to 18 writes it: no leading zeros. */
export function formatLsn(lsn: Lsn): string {
  return `${hex(lsn >> 32n)}/${hex(lsn & 0xffff_ffffn)}`;
}

function hex(half: bigint): string {
  return half.toString(16).toUpperCase();
}
