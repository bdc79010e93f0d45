import { type ArchiveHead, type LaidEntry, readHead } from './archive-layout.ts';

/**
 * The head of an archive in which tables are emptied by the statement that fills them. pg_restore's jobs do so with tables that they have
 * made themselves, since a server with `wal_level = minimal` writes no WAL of rows for a table that was emptied in the same
 * transaction; with tables that were there before, it does not. Pure.
 *
 * A table whose rows go through another one, as those of some partitions do, is left as it is.
 *
 * @param ids - of the tables' entries of data
 * @see src/bin/pg_dump/pg_backup_archiver.c, restore_toc_entry
 */
export function emptiedFirst(head: ArchiveHead, ids: ReadonlySet<number>): ArchiveHead {
  const parts: Buffer[] = [];
  let from = 0;
  for (const entry of head.entries) {
    const { copyAt } = entry;
    const table = ids.has(entry.id) ? tableOf(head, entry) : undefined;
    if (table === undefined || copyAt === undefined) continue;
    const truncate = Buffer.from(`TRUNCATE TABLE ONLY ${table}; `, 'latin1');
    const length = Buffer.alloc(4);
    length.writeUInt32LE(copyAt.length + truncate.length);
    parts.push(head.bytes.subarray(from, copyAt.start - length.length), length, truncate);
    from = copyAt.start;
  }
  if (parts.length === 0) return head;
  const changed = readHead(Buffer.concat([...parts, head.bytes.subarray(from)]));
  if (changed === undefined) throw new RangeError('a head does not become shorter');
  return changed;
}

const NAME = '"(?:[^"]|"")+"|[^\\s".]+';
const COPY = new RegExp(`^COPY ((?:${NAME})\\.(${NAME})) `);

/** As the statement has it, in the archive's own encoding, read byte by byte. */
function tableOf({ bytes }: ArchiveHead, { copyAt, name }: LaidEntry): string | undefined {
  if (copyAt === undefined) return undefined;
  const statement = bytes.toString('latin1', copyAt.start, copyAt.start + copyAt.length);
  const [, table, own = ''] = COPY.exec(statement) ?? [];
  const plain = own.startsWith('"') ? own.slice(1, -1).replaceAll('""', '"') : own;
  return Buffer.from(plain, 'latin1').toString('utf8') === name ? table : undefined;
}
