import { DumpError, PolicyError } from '../../layers/backup/errors.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import { examplesBeside } from '../../layers/backup/names-beside.ts';
import type { SwapState } from '../../layers/postgres/swap/look.ts';
import type { Refresh, RefreshConfig } from './config.ts';

/**
 * Makes sure that a database may be replaced, and that the role can. Pure.
 *
 * The configuration goes by the addresses of servers. Here it is the server itself that says who it is, whatever its address: a
 * database that is backed up from it is never replaced.
 *
 * @throws {@link PolicyError} if it is one that is backed up, {@link DumpError} if the server is too old or the role lacks a right
 */
export function checkTarget(
  { database, connection }: Pick<Refresh, 'database' | 'connection'>,
  { server, role, current }: SwapState,
  source: Pick<Manifest, 'server'>,
  isBackedUp: RefreshConfig['isBackedUp'],
): void {
  const subject = `"${database}" on ${connection.POSTGRES_HOST}`;
  const isSource = server.systemIdentifier !== null && server.systemIdentifier === source.server.systemIdentifier;
  if (isSource && isBackedUp(database)) {
    throw new PolicyError({
      ...{ operation: 'replace', subject },
      problem: `that server is the one that is backed up, or a copy of its files (system identifier ${server.systemIdentifier}), and it backs up a database of this name`,
      hint: 'a refresh never replaces what is backed up: choose another name, such as shop_staging',
    });
  }
  if (isSource && examplesBeside(database).some(isBackedUp)) {
    throw new PolicyError({
      ...{ operation: 'replace', subject },
      problem: `that server is the one that is backed up, or a copy of its files (system identifier ${server.systemIdentifier}), and its patterns fit ${database}_…: what a refresh makes beside it would be backed up`,
      hint: `leave it out there: "!${database}*"`,
    });
  }
  const lacks = (problem: string, hint: string) => new DumpError({ operation: 'replace', subject, problem, hint });
  if (server.versionNumber < OLDEST) {
    throw lacks(
      `the server is PostgreSQL ${server.version}, which is too old`,
      'a refresh takes PostgreSQL 13 or newer',
    );
  }
  if (server.standby) throw lacks('the server is a standby, which cannot be written to', 'name its primary');
  const name = quoted(role.name);
  if (!role.mayCreate) {
    throw lacks(`the role ${role.name} may not make databases`, `ALTER ROLE ${name} CREATEDB`);
  }
  if (current !== undefined && !current.mayRename) {
    const { owner } = current.properties;
    throw lacks(
      `the role ${role.name} may not rename it: it belongs to ${owner}`,
      `ALTER DATABASE ${quoted(database)} OWNER TO ${name}, or GRANT ${quoted(owner)} TO ${name}`,
    );
  }
}

/** DROP DATABASE … WITH (FORCE) came with it. */
const OLDEST = 130_000;

function quoted(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
