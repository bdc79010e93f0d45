import * as z from 'zod';
import { readDocument } from './document.ts';

export const keptSchema = z.object({
  format: z.literal('pgvouch/kept'),
  formatVersion: z.literal(1),
  keptAt: z.iso.datetime(),
  /** Who pinned it. */
  by: z.string().optional(),
  reason: z.string().optional(),
});

/**
 * `kept.json`: a person's pin, or the undo of a retirement. That the object is there decides; retention never needs to
 * understand it, so that a pin written by hand in haste holds too.
 */
export type Kept = z.infer<typeof keptSchema>;

/** @throws {@link VaultError} if the text is not a pin, ConfigError if a newer version wrote it */
export function parseKept(text: string, key: string): Kept {
  return readDocument(keptSchema, text, key);
}
