import * as z from 'zod';
import { readDocument } from './document.ts';

export const failureSchema = z.object({
  format: z.literal('pgvouch/failure'),
  formatVersion: z.literal(1),
  at: z.iso.datetime(),
  /** The function that gave up: `dump`, `verify`, `retention`. */
  function: z.string(),
  database: z.string().optional(),
  /** The backup concerned, as its manifest's `firedAt`, where the event named one. */
  firedAt: z.iso.datetime().optional(),
  error: z.object({ type: z.string(), problem: z.string(), hint: z.string().optional() }),
  /** How often it was tried. */
  attempts: z.int().positive(),
  requestId: z.string(),
});

/** `failures/<at>.json`: written before anything is sent, so that a lost message loses nothing. */
export type FailureRecord = z.infer<typeof failureSchema>;

/** @throws {@link VaultError} if the text is not a failure record, ConfigError if a newer version wrote it */
export function parseFailureRecord(text: string, key: string): FailureRecord {
  return readDocument(failureSchema, text, key);
}
