import type { Manifest } from '../backup/manifest.ts';
import { count } from './counts.ts';
import { bytes } from './sizes.ts';

/** What a backup held before the fall, as far as dump knows it: `12 tables with 1,000 rows`, `an archive of 12 MB`. */
export function fallWords({ tables, rows, archiveBytes }: NonNullable<Manifest['fall']>): string {
  if (tables !== undefined && rows !== undefined) return `${count(tables, 'table')} with ${count(rows, 'row')}`;
  return archiveBytes === undefined ? 'more' : `an archive of ${bytes(archiveBytes)}`;
}
