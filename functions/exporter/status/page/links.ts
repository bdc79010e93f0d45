import { encodeSegment } from '../../../../layers/backup/key-segment.ts';
import type { DatabaseFacts } from '../judge/facts.ts';

/** Where a database stands on the page of all: the `id` of its section. */
export function anchorOf(name: string): string {
  return `db-${encodeSegment(name)}`;
}

/** The address of a database's own page. */
export function addressOf({ server, name }: Pick<DatabaseFacts, 'server' | 'name'>): string {
  const database = `database=${encodeURIComponent(name)}`;
  return server === undefined ? `?${database}` : `${serverAddress(server)}&${database}`;
}

/** The address of the page of one of several servers. */
export function serverAddress(server: string): string {
  return `?server=${encodeURIComponent(server)}`;
}
