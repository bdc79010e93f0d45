import * as z from 'zod';
import { readVersions } from '../backup/document.ts';
import { VaultError } from '../backup/errors.ts';
import { segmentSizeSchema, systemIdentifierSchema } from './cluster.ts';
import { lsnSchema } from './lsn.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const storedFile = z.object({
  /** Its name in the folder of the attempt: `base.tar.zst`. */
  file: z.string().min(1),
  /** As stored. */
  sizeBytes: z.int().nonnegative(),
  /** Of the bytes as stored. */
  sha256,
});

export const baseSchema = z.object({
  format: z.literal('pgvouch/base'),
  formatVersion: z.literal(1),
  systemIdentifier: systemIdentifierSchema,
  /** When its schedule fired: names it, to the second. */
  startedAt: z.iso.datetime(),
  /** The folder of its files. */
  attempt: z.uuid(),
  /** As `backup_label` says it. */
  label: z.string(),
  /** On which it began and ended; BASE_BACKUP fails where they differ. */
  timeline: z.int().positive(),
  /** Recovery begins here. */
  startLsn: lsnSchema,
  /** Recovery must reach this before the cluster is consistent. */
  stopLsn: lsnSchema,
  /** When it was at `stopLsn`, by the server's clock: the earliest moment that it can be recovered to. */
  stoppedAt: z.iso.datetime(),
  /** The transaction id that came next at `stopLsn`, with its epoch; there where the role could ask for it. */
  nextXid: z
    .string()
    .regex(/^\d{1,20}$/)
    .optional(),
  server: z.object({ version: z.string(), major: z.int().positive(), name: z.string().optional() }),
  segmentSizeBytes: segmentSizeSchema,
  /** Whether pages have checksums. */
  checksums: z.boolean().optional(),
  /** There if it holds only what changed since another one, whose `startedAt` this is. */
  parent: z.iso.datetime().optional(),
  /** Of the files before compression. */
  contentBytes: z.int().nonnegative(),
  /** The main data directory has neither oid nor location. */
  tablespaces: z
    .array(storedFile.extend({ oid: z.string().regex(/^\d+$/).optional(), location: z.string().optional() }))
    .min(1),
  /** PostgreSQL's own backup_manifest, as it is. */
  manifest: storedFile,
});

/** Of one that is sealed: versions that do not know that refuse it. */
const sealedBaseSchema = baseSchema.extend({ formatVersion: z.literal(2) });

/** `base.json`, format version 1, or 2 if its files are sealed: a base backup. Written last, once the WAL from its start to its end is in the bucket. */
export type Base = z.infer<typeof baseSchema> | z.infer<typeof sealedBaseSchema>;

/** @throws {@link VaultError} if the text is not such a document, ConfigError if a newer version wrote it */
export function parseBase(text: string, key: string): Base {
  return readVersions<Base>([baseSchema, sealedBaseSchema], text, key);
}

/**
 * Reads one that lies in a cluster's folder: with the files of another cluster, its WAL recovers nothing.
 *
 * @returns a parser, which throws as {@link parseBase} does, and {@link VaultError} if it is a base backup of another cluster
 */
export function parseBaseOf(systemIdentifier: string): (text: string, key: string) => Base {
  return (text, key) => {
    const base = parseBase(text, key);
    if (base.systemIdentifier === systemIdentifier) return base;
    throw new VaultError({
      operation: 'read',
      subject: key,
      problem: `it is a base backup of cluster ${base.systemIdentifier}, in the folder of ${systemIdentifier}`,
      hint: 'somebody copied it there: remove that copy',
    });
  };
}
