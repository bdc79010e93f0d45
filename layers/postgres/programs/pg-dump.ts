import { DumpError } from '../../backup/errors.ts';
import { keepBeginning } from '../complaints/heard.ts';
import { connect, libpqEnvironment } from '../connect/connection.ts';
import { programConnection } from '../connect/connection-string.ts';
import { isUnheard } from '../connect/server-error.ts';
import type { ConnectionTarget } from '../connect/target.ts';
import { hasVanished } from '../contents/vanished.ts';
import { programText } from './child.ts';
import type { ClientPrograms } from './client-programs.ts';
import { type ProgramBytes, programBytes } from './program-bytes.ts';

export interface PgDumpOptions {
  readonly client: ClientPrograms;
  readonly target: ConnectionTarget;
  readonly database: string;
  readonly snapshotId: string;
  /** The database's, which a role may have overridden for its sessions: `UTF8`. */
  readonly encoding: string;
  /** `PGOPTIONS`. */
  readonly programOptions: string;
  readonly compression: string;
  readonly lockTimeoutMs: number;
  /** Takes what it says, although it may succeed. */
  readonly onStderr: (chunk: Buffer) => void;
  /** What is left out, as options of pg_dump; nothing by default. */
  readonly selection?: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * pg_dump asks for locks that our session holds already, so it waits only behind someone who waits for us, and that
 * ends when either gives up. Sooner is better: until then nobody can read the table.
 */
const LONGEST_LOCK_WAIT_MS = 5_000;

/** Starts pg_dump. The bytes of its custom format end if and only if it succeeded. */
export function pgDump(options: PgDumpOptions): ProgramBytes {
  return programBytes({
    program: options.client.pgDump,
    args: [
      `--dbname=${programConnection(options.database)}`,
      '--format=custom',
      // Until 16, --compress takes gzip's level alone.
      `--compress=${options.client.major >= 16 ? options.compression : options.compression.replace('gzip:', '')}`,
      `--snapshot=${options.snapshotId}`,
      `--encoding=${options.encoding}`,
      `--lock-wait-timeout=${Math.min(options.lockTimeoutMs, LONGEST_LOCK_WAIT_MS)}`,
      '--no-password',
      ...(options.selection ?? []),
    ],
    env: libpqEnvironment(options.target, options.database, options.programOptions),
    signal: options.signal,
    onStderr: options.onStderr,
    operation: 'dump',
    subject: `"${options.database}"`,
  });
}

/**
 * Whether a dump failed because DDL came in between: it stands in line between our session's locks and those that
 * pg_dump needs, or a schema was renamed, which none of our locks prevents. Once our session has let go, that is done, and
 * all can start over.
 */
export function racedByDdl(error: unknown): boolean {
  if (!(error instanceof DumpError)) return false;
  const lockFailed = error.exitCode !== null && / IN ACCESS SHARE MODE$/.test(error.problem);
  return (lockFailed && !/permission denied/.test(error.problem)) || hasVanished(error.cause);
}

export type GlobalsOptions = Pick<PgDumpOptions, 'client' | 'target' | 'database' | 'programOptions' | 'signal'> & {
  readonly rolePasswords: boolean;
};

export interface Globals {
  readonly sql: string;
  /** What pg_dumpall said although it succeeded. */
  readonly said: string;
}

/**
 * Roles and tablespaces of the whole server as SQL, in UTF-8; from a database in SQL_ASCII as it is.
 *
 * @param rolePasswords - false where the role may not read pg_authid
 * @throws {@link DumpError}, also if another database of another encoding made a role whose name is no text in this one
 */
export async function pgDumpGlobals(options: GlobalsOptions): Promise<Globals> {
  try {
    return await globalsText(options, ['--encoding=UTF8']);
  } catch (error) {
    if (isUnheard(error)) await hearRefusal(options);
    if (!isUntranslatable(error)) throw error;
  }
  try {
    return await globalsText(options, []);
  } catch (error) {
    if (!isUntranslatable(error)) throw error;
    const { operation, subject = '', problem, exitCode } = error;
    throw new DumpError({ operation, subject, problem, hint: ROLE_NAME, exitCode, cause: error });
  }
}

const ROLE_NAME =
  'a role was named in a database of another encoding, and pg_dumpall cannot write its name here: rename it in that database';

/**
 * pg_dumpall keeps to itself why the server refused it: a session of our own is refused for the same reason.
 *
 * @throws {@link DumpError} with the server's words, if it still refuses
 */
async function hearRefusal({ target, database }: GlobalsOptions): Promise<void> {
  const client = await connect(target, database);
  await client.end();
}

function isUntranslatable(error: unknown): error is DumpError {
  return error instanceof DumpError && /invalid byte sequence|has no equivalent in encoding/.test(error.problem);
}

async function globalsText(
  { client, target, database, programOptions, signal, rolePasswords }: GlobalsOptions,
  args: readonly string[],
): Promise<Globals> {
  const said = keepBeginning();
  const sql = await programText({
    program: client.pgDumpall,
    args: [
      '--globals-only',
      '--no-password',
      // Only here a connection string is wanted, so that any name can be said; by default it would be "postgres".
      `--database=${programConnection(database)}`,
      ...(rolePasswords ? [] : ['--no-role-passwords']),
      ...args,
    ],
    env: libpqEnvironment(target, database, programOptions),
    signal,
    onStderr: said.take,
    operation: 'dump the globals of',
    subject: `"${database}"`,
  });
  return { sql, said: said.text() };
}
