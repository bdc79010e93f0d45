import * as z from 'zod';
import { readDocument } from '../backup/document.ts';
import { isWeaker, VERDICTS } from '../backup/verdict.ts';
import { systemIdentifierSchema } from './cluster.ts';
import { lsnSchema } from './lsn.ts';

const recoveredSchema = z.object({
  /** Of the scratch server. */
  serverVersion: z.string(),
  timeline: z.int().positive(),
  /** The end of the last record that was replayed. */
  lsn: lsnSchema,
  /** When the last transaction was committed that was replayed; not there if none was. */
  lastCommitAt: z.iso.datetime().optional(),
  /** Objects of WAL that were read and decompressed. */
  segments: z.int().nonnegative(),
  /** From the server's start until it took queries, and until it had replayed everything. */
  consistentMs: z.int().nonnegative(),
  recoveryMs: z.int().nonnegative(),
});

const comparedSchema = z.object({
  database: z.string(),
  /** The dump's name: when its schedule fired. */
  firedAt: z.iso.datetime(),
  /** Where recovery paused for it. */
  lsn: lsnSchema,
  /** Tables that hold exactly as many rows as the dump's manifest says, and the rows of them all. */
  tables: z.int().nonnegative(),
  rows: z.int().nonnegative(),
  /** Tables that transactions were changing at that moment: they say nothing. */
  changing: z.array(z.string()),
});

const checkedSchema = z.object({
  /** Files that are as the server's own backup_manifest says. */
  files: z.int().nonnegative().optional(),
  /** Tables whose pages amcheck has read, checksums with them, and B-tree indexes. */
  tables: z.int().nonnegative().optional(),
  indexes: z.int().nonnegative().optional(),
});

export const baseVerdictSchema = z.object({
  format: z.literal('pgvouch/base-verdict'),
  formatVersion: z.literal(1),
  systemIdentifier: systemIdentifierSchema,
  /** The base backup's name. */
  startedAt: z.iso.datetime(),
  attempt: z.uuid(),
  verdict: z.enum(VERDICTS),
  /** Why it is not better than it is, each reason a sentence. */
  reasons: z.array(z.string()),
  verifiedAt: z.iso.datetime(),
  durationMs: z.int().nonnegative(),
  /** If it is `corrupt` from some position on, and recovery to before that is possible: the position. */
  goodUntil: lsnSchema.optional(),
  /** There if recovery was tried and came to its end. */
  recovered: recoveredSchema.optional(),
  checked: checkedSchema.optional(),
  /** The dumps that it was compared with. */
  compared: z.array(comparedSchema).optional(),
});

/** `verdict-<verdict>.json` beside `base.json`: what a recovery drill found, format version 1. */
export type BaseVerdict = z.infer<typeof baseVerdictSchema> & {
  /** A later drill that proved less, for reasons that say nothing against the base backup. Not stored: the proof keeps its age. */
  readonly again?: Pick<z.infer<typeof baseVerdictSchema>, 'verifiedAt' | 'verdict' | 'reasons'>;
};
export type Recovered = z.infer<typeof recoveredSchema>;
export type ComparedDump = z.infer<typeof comparedSchema>;

/** @throws {@link VaultError} if the text is not such a document, ConfigError if a newer version wrote it */
export function parseBaseVerdict(text: string, key: string): BaseVerdict {
  return readDocument(baseVerdictSchema, text, key);
}

/**
 * What another drill of the same base backup makes of its verdict. Pure. One that is only weaker, as where there was no
 * room today, leaves the proof as it is, with a word of it in `again`; any other takes its place.
 */
export function renewedVerdict(known: BaseVerdict | undefined, found: BaseVerdict): BaseVerdict {
  if (known === undefined || known.attempt !== found.attempt || !isWeaker(found.verdict, known.verdict)) return found;
  const { verifiedAt, verdict, reasons } = found;
  return { ...known, again: { verifiedAt, verdict, reasons } };
}
