import * as z from 'zod';
import { readDocument } from '../backup/document.ts';
import { systemIdentifierSchema } from './cluster.ts';
import { type Lsn, lsnSchema, parseLsn } from './lsn.ts';

const bytes = z.int();

export const walStatusSchema = z.object({
  format: z.literal('pgvouch/wal-status'),
  formatVersion: z.literal(1),
  systemIdentifier: systemIdentifierSchema,
  /** When the server was asked, by the clock of wal. */
  askedAt: z.iso.datetime(),
  timeline: z.int().positive(),
  /** Up to here the server had flushed WAL. */
  flushedLsn: lsnSchema,
  /** The last moment that is known at which the bucket held all that the server had flushed; missing if there is none. */
  caughtUpAt: z.iso.datetime().optional(),
  slot: z.object({
    name: z.string(),
    /** Whether the server keeps WAL for it; `lost` if it keeps none any more, `missing` if it has no such slot. */
    state: z.enum(['held', 'lost', 'missing']),
    /** From here on the server kept WAL. There if it is held, as are the next two. */
    restartLsn: lsnSchema.optional(),
    /** `max_slot_wal_keep_size`; missing without a limit. */
    limitBytes: bytes.optional(),
    /** What could still be written before the slot loses its WAL, as `safe_wal_size`; missing without a limit. */
    roomBytes: bytes.optional(),
  }),
});

/**
 * `status.json`: how server and slot stood when wal last asked, for whoever sees only the bucket. It is replaced every few
 * minutes, and proves that runs go on where a server writes nothing. Nothing relies on it but what people look at.
 */
export type WalStatus = z.infer<typeof walStatusSchema>;

/** @throws {@link VaultError} if the text is not such a document, ConfigError if a newer version wrote it */
export function parseWalStatus(text: string, key: string): WalStatus {
  return readDocument(walStatusSchema, text, key);
}

/** So old may a status become before a run writes another: with a run each minute, most of them write none. */
export const WAL_STATUS_EVERY_MS = 5 * 60_000;

/**
 * How much WAL the server kept for the slot.
 *
 * @returns bytes; undefined unless the slot is held
 */
export function retainedBytes({ flushedLsn, slot }: WalStatus): number | undefined {
  const [flushed, restart] = [flushedLsn, slot.restartLsn ?? ''].map(parseLsn);
  return flushed === undefined || restart === undefined ? undefined : Number(flushed - restart);
}

/** Up to here the server had flushed WAL. */
export function flushedTo({ flushedLsn }: WalStatus): Lsn {
  return parseLsn(flushedLsn) ?? 0n;
}
