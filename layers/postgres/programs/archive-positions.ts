import { open } from 'node:fs/promises';
import type { ArchiveLayout } from './archive-layout.ts';
import { partOfArchive } from './part-of-archive.ts';

/**
 * Writes into an archive on disk where each table's data begins, as pg_dump itself does if it can seek in its output. Into
 * a pipe it cannot, and then pg_restore does not know how large tables are: its jobs take them in the archive's order, and a
 * large one that comes last is restored while the other jobs have nothing to do. With positions the largest comes first,
 * and so do its indexes. Nothing else in the archive changes.
 *
 * The file is left as it is if it cannot be written: it restores without positions, too.
 *
 * @param layout - of that archive
 * @returns whether it has positions now
 * @see src/bin/pg_dump/pg_backup_custom.c, _PrepParallelRestore
 */
export async function writePositions(file: string, layout: ArchiveLayout): Promise<boolean> {
  const handle = await open(file, 'r+').catch(() => undefined);
  if (handle === undefined) return false;
  try {
    const { head } = partOfArchive(layout, new Set(layout.blocks.map(({ id }) => id)));
    await handle.write(head, 0, head.length, 0);
    return true;
  } catch {
    return false;
  } finally {
    await handle.close();
  }
}
