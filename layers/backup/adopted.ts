import * as z from 'zod';
import { readDocument } from './document.ts';

export const adoptedSchema = z.object({
  format: z.literal('pgvouch/server'),
  formatVersion: z.literal(1),
  database: z.string().min(1),
  adoptedAt: z.iso.datetime(),
  /** Who says so. */
  by: z.string().optional(),
  reason: z.string().optional(),
  /** The server that is backed up from now on. */
  server: z.object({ systemIdentifier: z.string().nullable(), name: z.string().min(1) }),
});

/**
 * `server.json`: a person's word that this is the server of a database from now on. It holds until a backup is written
 * after it; then that one says of which server the next must be.
 */
export type Adopted = z.infer<typeof adoptedSchema>;

/** @throws {@link VaultError} if the text is not such a document, ConfigError if a newer version wrote it */
export function parseAdopted(text: string, key: string): Adopted {
  return readDocument(adoptedSchema, text, key);
}
