import { setTimeout as delay } from 'node:timers/promises';
import type { DatabasePatterns } from '../../layers/backup/database-patterns.ts';
import { DumpError, PgvouchError, VaultError } from '../../layers/backup/errors.ts';
import { parseFoundDatabases, withoutGone } from '../../layers/backup/found-databases.ts';
import { foundDatabasesKey } from '../../layers/backup/keys.ts';
import { readTagged, replaceTagged } from '../../layers/vault/replace.ts';
import type { DumpDeps, DumpRequest } from './request.ts';

/** What dump answers where there is nothing to dump any more. */
export interface Gone {
  readonly outcome: 'gone';
  readonly database: string;
}

const MOST_COLLISIONS = 20;
const COLLISION_MS = 50;

/**
 * A database that was found and then dropped is no failure: it is written down as gone. One that is named must be there.
 *
 * @throws the error itself, if it says anything else
 */
export async function goneIfFound(
  { vault, log, clock }: Pick<DumpDeps, 'vault' | 'log' | 'clock'>,
  { database, deadline: { signal } }: Pick<DumpRequest, 'database' | 'deadline'>,
  patterns: DatabasePatterns | undefined,
  error: unknown,
): Promise<Gone> {
  if (patterns === undefined || patterns.names.includes(database) || !isMissing(error)) throw error;
  log.warn({ database }, 'the database was dropped after it was found: its backups are kept by the rules');
  const key = foundDatabasesKey(vault.prefix);
  for (let collisions = 0; ; collisions++) {
    const read = await readTagged(vault, key, signal);
    const known = read && readable(read.text, key);
    const without = known && withoutGone(known, database, clock());
    // Find knows already, or will.
    if (without === undefined) return { outcome: 'gone', database };
    if (await replaceTagged(vault, key, `${JSON.stringify(without, null, 2)}\n`, read, signal)) break;
    if (collisions === MOST_COLLISIONS) throw unsettled(key);
    await delay(COLLISION_MS * (collisions + 1), undefined, { signal });
  }
  return { outcome: 'gone', database };
}

/** @see https://www.postgresql.org/docs/current/errcodes-appendix.html, invalid_catalog_name */
function isMissing(error: unknown): boolean {
  return error instanceof DumpError && (error.cause as { code?: string } | undefined)?.code === '3D000';
}

function readable(text: string, key: string) {
  try {
    return parseFoundDatabases(text, key);
  } catch (error) {
    if (!(error instanceof PgvouchError)) throw error;
    return undefined;
  }
}

function unsettled(key: string): VaultError {
  return new VaultError({
    ...{ operation: 'update', subject: key, problem: 'other writers kept changing it' },
    hint: 'many databases were dropped at once; the next try may succeed',
  });
}
