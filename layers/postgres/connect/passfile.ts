import { readFileSync, statSync } from 'node:fs';
import { ConfigError, textOf } from '../../backup/errors.ts';

/** What a line of a password file is compared with. */
export interface Login {
  readonly host: string;
  readonly port: number;
  /** `replication` for physical replication. */
  readonly database: string;
  readonly user: string;
}

/** The folders of sockets that are PostgreSQL's own default, as it is built and as Debian has it. */
const DEFAULT_SOCKETS = ['/tmp', '/var/run/postgresql'];

/**
 * Pure: the password that a file of libpq's holds for a login: that of the first line that fits; undefined if none does.
 *
 * @param text - lines of `host:port:database:user:password`. `*` fits anything, a backslash takes `:` and `\` as they are
 * @see https://www.postgresql.org/docs/current/libpq-pgpass.html
 * @see passwordFromFile in PostgreSQL's fe-connect.c, the source of what the page does not say
 */
export function passwordIn(text: string, { host, port, database, user }: Login): string | undefined {
  const named = [DEFAULT_SOCKETS.includes(host) ? 'localhost' : host, String(port), database, user];
  for (const line of text.split('\n')) {
    const rest = line.startsWith('#') ? undefined : afterFields(line.replace(/\r$/, ''), named);
    if (rest !== undefined) return unescaped(rest);
  }
  return undefined;
}

/**
 * The same of a file, which is read when it is needed.
 *
 * @throws {@link ConfigError} naming the file, if libpq would not use it: it must be its owner's alone
 */
export function passwordInFile(file: string, login: Login): string | undefined {
  const refuse = (problem: string, hint: string, cause?: unknown) =>
    new ConfigError({ operation: 'read password file', subject: file, problem, hint, cause });
  try {
    const stats = statSync(file);
    if (!stats.isFile()) throw refuse('it is not a regular file', 'PGPASSFILE must name a file of passwords');
    if ((stats.mode & 0o077) !== 0) {
      throw refuse('its group or others have access to it', `chmod 600 ${file}; libpq demands that of PGPASSFILE`);
    }
    return passwordIn(readFileSync(file, 'utf8'), login);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw refuse(textOf(error), "PGPASSFILE must name a file that pgvouch's user can read", error);
  }
}

/** What follows the fields if each fits. */
function afterFields(line: string, named: readonly string[]): string | undefined {
  let rest: string | undefined = line;
  for (const value of named) rest = rest === undefined ? undefined : afterField(rest, value);
  return rest;
}

function afterField(line: string, value: string): string | undefined {
  if (line.startsWith('*:')) return line.slice(2);
  let at = 0;
  for (const char of value) {
    if (line[at] === '\\') at += 1;
    else if (line[at] === ':') return undefined;
    if (!line.startsWith(char, at)) return undefined;
    at += char.length;
  }
  return line[at] === ':' ? line.slice(at + 1) : undefined;
}

/** The password ends at a colon, as every field does. */
function unescaped(field: string): string {
  return (/^(?:\\.|[^:])*/su.exec(field)?.[0] ?? '').replace(/\\(.)/gsu, '$1');
}
