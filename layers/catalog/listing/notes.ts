import * as z from 'zod';
import type { ListedObject } from '../../backup/catalog.ts';
import { readDocument } from '../../backup/document.ts';
import { DAY_MS } from '../../backup/instant.ts';
import { fallSchema } from '../../backup/manifest.ts';
import { verdictSchema } from '../../backup/verdict.ts';
import { notedSchema } from './memory.ts';
import type { Copy } from './refresh-copy.ts';

const count = z.int().nonnegative();

const manifestFacts = z.object({
  attempt: z.string(),
  snapshotAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  durationMs: count,
  archiveSizeBytes: count,
  databaseSizeBytes: count,
  serverVersion: z.string(),
  clientVersion: z.string().optional(),
  clientBuiltAt: z.iso.datetime().optional(),
  tables: count.optional(),
  rows: count.optional(),
  timeUsedRatio: z.number().nonnegative().optional(),
  remarks: z.array(z.string()).optional(),
  fall: fallSchema.optional(),
  leftOut: z.string().optional(),
});

export const notesSchema = z.object({
  format: z.literal('pgvouch/summary'),
  formatVersion: z.literal(1),
  /** When the ends of all folders were listed. */
  listedAt: z.iso.datetime(),
  /** The key up to which the round through everything had come. */
  cursor: z.string().optional(),
  /** Every object, sorted by key: how many characters of the key before it begins with, the rest, bytes, milliseconds. */
  objects: z.array(z.tuple([count, z.string(), count, z.number()])),
  manifests: notedSchema(manifestFacts),
  verdicts: notedSchema(verdictSchema),
});

/**
 * `summary.json`: the exporter's notes for its next cold start, so that it need not list everything again. Nobody else
 * reads it, everything in it follows from the bucket, and without it, or with one that is damaged or from another
 * version, the exporter lists everything once.
 */
export type Notes = z.infer<typeof notesSchema>;
export type ReadFacts = Pick<Notes, 'manifests' | 'verdicts'>;

/** Notes that are older are of no use: what changed in old backups meanwhile would show too late. */
const LONGEST_USE_MS = DAY_MS;

export function printNotes({ objects, listedAt, cursor }: Copy, facts: ReadFacts): string {
  const notes: Notes = {
    format: 'pgvouch/summary',
    formatVersion: 1,
    listedAt: listedAt.toISOString(),
    ...(cursor !== undefined && { cursor }),
    objects: objects.map(({ key, sizeBytes, modifiedAt }, index) => {
      const shared = commonLength(objects[index - 1]?.key ?? '', key);
      return [shared, key.slice(shared), sizeBytes, modifiedAt.getTime()];
    }),
    ...facts,
  };
  return `${JSON.stringify(notes)}\n`;
}

/**
 * @returns undefined if it is too old to be used
 * @throws {@link VaultError} if the text is not such notes, ConfigError if a newer version wrote it
 */
export function parseNotes(text: string, key: string, now: Date): { copy: Copy; facts: ReadFacts } | undefined {
  const { listedAt, cursor, objects: rows, manifests, verdicts } = readDocument(notesSchema, text, key);
  const age = now.getTime() - Date.parse(listedAt);
  // One of the future would hide what came since.
  if (age > LONGEST_USE_MS || age < 0) return undefined;
  const objects: ListedObject[] = [];
  for (const [shared, rest, sizeBytes, modifiedAtMs] of rows) {
    const start = objects.at(-1)?.key.slice(0, shared) ?? '';
    objects.push({ key: start + rest, sizeBytes, modifiedAt: new Date(modifiedAtMs) });
  }
  return { copy: { objects, listedAt: new Date(listedAt), cursor }, facts: { manifests, verdicts } };
}

function commonLength(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  let shared = 0;
  while (shared < length && one.charCodeAt(shared) === other.charCodeAt(shared)) shared++;
  // A pair of surrogates is not taken apart: JSON could not hold its halves.
  return (one.charCodeAt(shared - 1) & 0xfc00) === 0xd800 ? shared - 1 : shared;
}
