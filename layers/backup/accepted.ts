import * as z from 'zod';
import { readDocument } from './document.ts';

export const acceptedSchema = z.object({
  format: z.literal('pgvouch/accepted'),
  formatVersion: z.literal(1),
  acceptedAt: z.iso.datetime(),
  /** Who says so. */
  by: z.string().optional(),
  reason: z.string().optional(),
});

/**
 * `accepted.json`: a person's word that a backup holds all it should, though it holds next to nothing of what was there.
 * That the object is there decides, as with a pin.
 */
export type Accepted = z.infer<typeof acceptedSchema>;

/** @throws {@link VaultError} if the text is not such a document, ConfigError if a newer version wrote it */
export function parseAccepted(text: string, key: string): Accepted {
  return readDocument(acceptedSchema, text, key);
}
