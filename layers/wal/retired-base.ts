import * as z from 'zod';
import { readDocument } from '../backup/document.ts';
import { retiredSchema } from '../backup/retired.ts';
import { systemIdentifierSchema } from './cluster.ts';

export const retiredBaseSchema = retiredSchema
  .omit({ database: true, firedAt: true, undone: true })
  .extend({ systemIdentifier: systemIdentifierSchema, startedAt: z.iso.datetime() });

/** `retired.json` beside `base.json`: as a dump's, and it names a base backup. */
export type RetiredBase = z.infer<typeof retiredBaseSchema>;

/** @throws {@link VaultError} if the text is not such a mark, ConfigError if a newer version wrote it */
export function parseRetiredBase(text: string, key: string): RetiredBase {
  return readDocument(retiredBaseSchema, text, key);
}
