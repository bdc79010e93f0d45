import * as z from 'zod';
import { readDocument } from './document.ts';

export const undoneSchema = z.object({
  format: z.literal('pgvouch/undone'),
  formatVersion: z.literal(1),
  database: z.string().min(1),
  firedAt: z.iso.datetime(),
  undoneAt: z.iso.datetime(),
  /** Why the backup stays, each short: `kept by hand`, `within 60d`. */
  reasons: z.array(z.string()),
});

/**
 * `undone.json`: retention's mark that it undid a retirement. Whichever of the two was written later counts, because
 * retention may not delete on AWS. That the object is there decides; it is read by people only.
 */
export type Undone = z.infer<typeof undoneSchema>;

/** @throws {@link VaultError} if the text is not a mark, ConfigError if a newer version wrote it */
export function parseUndone(text: string, key: string): Undone {
  return readDocument(undoneSchema, text, key);
}
