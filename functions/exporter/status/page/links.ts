import { encodeSegment } from '../../../../layers/backup/key-segment.ts';

/** Where a database stands on the page of all: the `id` of its section. */
export function anchorOf(name: string): string {
  return `db-${encodeSegment(name)}`;
}

/** The address of a database's own page. */
export function addressOf(name: string): string {
  return `?database=${encodeURIComponent(name)}`;
}
