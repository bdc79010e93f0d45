import * as z from 'zod';
import { collationSchema } from './collations.ts';
import { databasePropertiesSchema } from './database-properties.ts';
import { readDocument } from './document.ts';
import { leftOutSchema } from './left-out.ts';
import { remarkSchema } from './remarks.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const sequenceState = z.object({ lastValue: z.string().regex(/^-?\d+$/), isCalled: z.boolean() });

const count = z.int().nonnegative();

/** Of a sealed backup dump does not know what it holds, but how large its archive is. */
export const fallSchema = z.object({
  since: z.iso.datetime(),
  tables: count.optional(),
  rows: count.optional(),
  archiveBytes: count.optional(),
});

export const manifestSchema = z.object({
  format: z.literal('pgvouch/manifest'),
  formatVersion: z.literal(1),
  database: z.string().min(1),
  firedAt: z.iso.datetime(),
  /** The instant that the data shows. */
  snapshotAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  /** From the first connection to the last byte stored. */
  durationMs: z.int().nonnegative(),
  /** Of the whole run, tries that started over included; manifests of older versions do not tell. */
  time: z
    .object({
      usedMs: z.int().nonnegative(),
      /** After so much it would have stopped itself. */
      limitMs: z.int().nonnegative(),
    })
    .optional(),
  /** The UUID in the archive's key. */
  attempt: z.uuid(),
  server: z.object({
    version: z.string(),
    versionNumber: z.int(),
    /** `pg_control_system()`'s, as text; null where the role may not read it. */
    systemIdentifier: z.string().nullable(),
    standby: z.boolean(),
    /** `POSTGRES_SERVER_NAME`, else host and port as configured; manifests of older versions have none. */
    name: z.string().optional(),
    /** When its process was started, to the microsecond: no two have the same. */
    startedAt: z.iso.datetime().optional(),
    /** Of a server that writes; not there where it does not say. */
    timeline: z.int().positive().optional(),
    /** What it had flushed of its WAL before the snapshot was taken, as PostgreSQL writes it; there if `timeline` is. */
    walPosition: z
      .string()
      .regex(/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/)
      .optional(),
  }),
  /** Which state of the server the data shows, so that point-in-time recovery can be compared with it; there if the server says it. */
  snapshot: z
    .object({
      /** Everything that the snapshot sees is in the WAL before this position, and a little more may be. */
      walPosition: z.string().regex(/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/),
      /** `pg_current_snapshot()`'s text: what of that it does not see. */
      transactions: z.string().regex(/^\d+:\d+:(\d+(,\d+)*)?$/),
    })
    .optional(),
  source: z.object({
    sizeBytes: z.int().nonnegative(),
    encoding: z.string(),
    localeProvider: z.string(),
    collate: z.string(),
    ctype: z.string(),
    locale: z.string().nullable(),
    /** Rules that the database adds to its ICU locale; there if it has any. */
    icuRules: z.string().optional(),
    /** Recorded with the database's own collation; not there where there is none, as with C. */
    collationVersion: z.string().optional(),
    /** What else orders text in it; manifests of older versions do not tell. */
    collations: z.array(collationSchema).optional(),
    /** What belongs to the database itself; manifests of older versions do not tell. */
    properties: databasePropertiesSchema.optional(),
    extensions: z.array(z.object({ name: z.string(), version: z.string(), schema: z.string() })),
    /** Whether columns are compressed with lz4, which a server may lack; there if there are any. */
    lz4Columns: z.boolean().optional(),
    /** `lc_monetary`, by which pg_dump writes amounts of type money, and no other can read them; there if there are any. */
    monetary: z.string().optional(),
  }),
  archive: z.object({
    key: z.string(),
    compression: z.string(),
    sizeBytes: z.int().positive(),
    sha256,
    /** The oldest major of pg_restore that can read it. */
    oldestPgRestore: z.int(),
  }),
  globals: z.object({
    key: z.string(),
    sizeBytes: z.int().nonnegative(),
    sha256,
    /** False where the role may not read pg_authid: roles come back without their passwords. */
    rolePasswords: z.boolean(),
  }),
  /** The pg_dump that wrote the archive. */
  client: z.object({
    version: z.string(),
    major: z.int(),
    /** When it was built, where its layer states it. */
    builtAt: z.iso.datetime().optional(),
  }),
  /** One entry per TABLE DATA entry of the archive, rows counted under the dump's own snapshot. */
  tables: z.array(
    z.object({
      schema: z.string(),
      name: z.string(),
      rows: z.int().nonnegative(),
      /** With its indexes and what is stored out of line; manifests of older versions do not tell. */
      sizeBytes: z.int().nonnegative().optional(),
      /** Set for an extension's configuration table: the extension creates it, the archive holds only users' rows. */
      extension: z.string().optional(),
      /** Of the contents, where the dump was asked for it; see content-fingerprint.ts. */
      fingerprint: z.string().optional(),
    }),
  ),
  /** Sequences are outside of MVCC: the restored value lies between the two. `after` is null if it was dropped meanwhile. */
  sequences: z.array(
    z.object({ schema: z.string(), name: z.string(), before: sequenceState, after: sequenceState.nullable() }),
  ),
  /** How many of each kind each schema has, extensions' own left out: what a restore must bring back. */
  objects: z.record(z.string(), z.record(z.string(), z.int().nonnegative())),
  largeObjects: z.int().nonnegative(),
  /** What the backup lacks, and what pg_dump warned of; there if there is any. */
  remarks: z.array(remarkSchema).optional(),
  /**
   * There if it holds next to nothing of what its database did, and nobody has accepted that: what the last backup before
   * the fall held, and when that was fired.
   */
  fall: fallSchema.optional(),
  /** There if patterns left something out, or were to. */
  leftOut: leftOutSchema.optional(),
});

/** `manifest.json`, format version 1: what an archive is and what restoring it must bring back. See docs/format.md. */
export type Manifest = z.infer<typeof manifestSchema>;
export type TableCount = Manifest['tables'][number];
export type SequenceBounds = Manifest['sequences'][number];
export type SequenceState = z.infer<typeof sequenceState>;

/** @throws {@link VaultError} if the text is not a manifest, ConfigError if a newer version wrote it */
export function parseManifest(text: string, key: string): Manifest {
  return readDocument(manifestSchema, text, key);
}

/**
 * The oldest major of pg_restore that can read an archive.
 *
 * Custom format 1.16 came with 17, 1.15 (zstd and lz4) with 16, 1.14 with 12.
 *
 * @param clientMajor - the major of the pg_dump that wrote it
 * @see src/bin/pg_dump/pg_backup_archiver.h, K_VERS_SELF
 */
export function oldestPgRestore(clientMajor: number): number {
  if (clientMajor >= 17) return 17;
  return clientMajor >= 16 ? 16 : 12;
}
