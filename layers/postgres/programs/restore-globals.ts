import path from 'node:path';
import pg from 'pg';
import { restoringEnvironment } from '../connect/connection.ts';
import { programConnection } from '../connect/connection-string.ts';
import type { ConnectionTarget } from '../connect/target.ts';
import { MAINTENANCE_DATABASE } from '../places/restore-target.ts';
import { startProgram } from './child.ts';
import type { ClientPrograms } from './client-programs.ts';
import { feed } from './feed.ts';

/** duplicate_object: a role or tablespace is there already. */
const ALREADY_THERE = '42710';

/**
 * Runs a backup's globals with psql: roles with their passwords and memberships, tablespaces. Roles that are there
 * already get the backup's attributes; only the one that connects is left alone, or it would get another password while
 * we use it.
 *
 * @param client - its psql must know `\restrict`: the newest there is
 * @returns what the server refused, each with its line in the globals; the rest was done
 * @throws {@link DumpError} if psql could not connect, or the connection broke
 */
export async function restoreGlobals(
  client: ClientPrograms,
  target: ConnectionTarget,
  sql: string,
  signal: AbortSignal,
): Promise<string[]> {
  let said = '';
  const program = startProgram(
    {
      program: path.join(path.dirname(client.pgRestore), 'psql'),
      args: [
        `--dbname=${programConnection(MAINTENANCE_DATABASE)}`,
        '--no-psqlrc',
        '--quiet',
        '--no-password',
        '--set=VERBOSITY=verbose',
        '--file=-',
      ],
      env: await restoringEnvironment(target, MAINTENANCE_DATABASE),
      signal,
      operation: 'restore the globals on',
      subject: `${target.host}:${target.port}`,
      onStderr: (chunk) => {
        said += chunk.toString('utf8');
      },
    },
    'pipe',
  );
  try {
    program.stdout.resume();
    await feed(program)(Buffer.from(withoutRole(sql, target.user)));
    program.stdin?.end();
    await program.succeeded;
    return problemsIn(said);
  } finally {
    await program.end();
  }
}

/** @see src/bin/pg_dump/pg_dumpall.c, dumpRoles: each statement is one line */
function withoutRole(sql: string, role: string): string {
  const names = [role, pg.escapeIdentifier(role)];
  const own = names.flatMap((name) => [`CREATE ROLE ${name};`, `ALTER ROLE ${name} WITH `]);
  const kept = (line: string) => !own.some((start) => line.startsWith(start));
  return sql.split('\n').filter(kept).join('\n');
}

/** `psql:<stdin>:12: ERROR:  42710: role "app" already exists`, in the server's own language. */
function problemsIn(said: string): string[] {
  const found = said.matchAll(/^psql:[^\n]*?:(\d+): [^\n:]+: +([0-9A-Z]{5}): ([^\n]*)/gm);
  return Array.from(found, ([, line, code, text]) => ({ line, code, text }))
    .filter(({ code }) => code !== ALREADY_THERE && !code?.startsWith('0'))
    .map(({ line, text }) => `line ${line}: ${text}`);
}
