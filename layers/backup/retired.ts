import * as z from 'zod';
import { readDocument } from './document.ts';

export const retiredSchema = z.object({
  format: z.literal('pgvouch/retired'),
  formatVersion: z.literal(1),
  database: z.string().min(1),
  firedAt: z.iso.datetime(),
  retiredAt: z.iso.datetime(),
  /** Nothing is removed before; until then `kept.json` undoes it. */
  removeAfter: z.iso.datetime(),
  /** The policy's, each short: `older than 30d`. */
  reasons: z.array(z.string()),
  /** When the objects were given to the bucket's lifecycle; they may go at any moment since. */
  taggedAt: z.iso.datetime().optional(),
  /** How older versions undid it, where now `undone.json` does: the backup counts as if it had never been retired. */
  undone: z.object({ at: z.iso.datetime(), reasons: z.array(z.string()) }).optional(),
});

/**
 * `retired.json`: retention's mark that a backup goes, when, and why. `undone.json` undoes it if it was written no
 * earlier, and `kept.json` is stronger than any mark.
 */
export type Retired = z.infer<typeof retiredSchema>;

/** @throws {@link VaultError} if the text is not a mark, ConfigError if a newer version wrote it */
export function parseRetired(text: string, key: string): Retired {
  return readDocument(retiredSchema, text, key);
}
