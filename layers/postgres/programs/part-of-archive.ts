import type { ArchiveLayout } from './archive-layout.ts';

/** A smaller archive: the whole table of contents, and some of the data. */
export interface ArchivePart {
  /** What it begins with: it says where its data are. */
  readonly head: Buffer;
  /** What follows, of the whole archive, in this order. */
  readonly ranges: readonly { readonly at: number; readonly sizeBytes: number }[];
}

/** Two requests cost more than to fetch so much between them. */
const GAP_BYTES = 512 * 1024;
const POSITION_SET = 2;

/**
 * An archive of only some entries' data, which pg_restore takes as it does any other: from a file in parallel, or from a
 * pipe. What it is asked to restore must have its data there. Pure.
 *
 * @param ids - of entries of data
 * @see src/bin/pg_dump/pg_backup_archiver.c, WriteOffset
 */
export function partOfArchive({ head, blocks }: ArchiveLayout, ids: ReadonlySet<number>): ArchivePart {
  const bytes = Buffer.from(head.bytes);
  const offsetAt = new Map(head.entries.map((entry) => [entry.id, entry.offsetAt]));
  const ranges: { at: number; sizeBytes: number }[] = [];
  let written = bytes.length;
  for (const { id, at, sizeBytes } of blocks) {
    if (!ids.has(id)) continue;
    const last = ranges.at(-1);
    const gap = last ? at - last.at - last.sizeBytes : Number.POSITIVE_INFINITY;
    if (last && gap <= GAP_BYTES) {
      last.sizeBytes += gap + sizeBytes;
      written += gap;
    } else ranges.push({ at, sizeBytes });
    const flag = offsetAt.get(id);
    if (flag !== undefined) {
      bytes[flag] = POSITION_SET;
      bytes.writeBigUInt64LE(BigInt(written), flag + 1);
    }
    written += sizeBytes;
  }
  return { head: bytes, ranges };
}
