import path from 'node:path';
import { restoringEnvironment } from '../connect/connection.ts';
import { programConnection } from '../connect/connection-string.ts';
import { startProgram } from './child.ts';
import { feed } from './feed.ts';
import { type ArchiveRestore, feedAll, withList } from './restore-archive.ts';

export interface ContentsReplacement
  extends Pick<ArchiveRestore, 'client' | 'target' | 'database' | 'entries' | 'args' | 'monetary' | 'signal'> {
  readonly bytes: AsyncIterable<Buffer>;
  /** Run first, in the same transaction. */
  readonly sql: string;
  /** The name of the session on the server. */
  readonly application: string;
}

/** The script ends with COMMIT, within these last bytes: nothing of them goes out before the archive has proved right. */
const HELD_BYTES = 4096;

/**
 * Runs a statement and restores an archive, both in one transaction: pg_restore writes a script, and psql runs it. If
 * anything fails, the database is as it was.
 *
 * @throws {@link DumpError} with what the server refused
 * @throws what the bytes threw
 */
export async function replaceContents(options: ContentsReplacement): Promise<void> {
  const { entries, args } = options;
  if (entries === undefined) return replace(options);
  await withList(entries, (list) => replace({ ...options, args: [...args, ...list] }));
}

async function replace(options: ContentsReplacement): Promise<void> {
  const { client, target, database, sql, signal } = options;
  const run = { operation: 'restore into', subject: `"${database}"`, signal };
  const restorer = startProgram(
    { ...run, program: client.pgRestore, env: {}, args: ['--single-transaction', '--file=-', ...options.args] },
    'pipe',
  );
  const env = { ...(await restoringEnvironment(target, database, options.monetary)), PGAPPNAME: options.application };
  const args = ['--no-psqlrc', '--quiet', '--no-password', '--set=ON_ERROR_STOP=1'];
  const psql = startProgram(
    {
      ...run,
      program: path.join(path.dirname(client.pgRestore), 'psql'),
      env,
      args: [...args, `--dbname=${programConnection(database)}`, '--file=-'],
    },
    'pipe',
  );
  // The first one is the reason; that others find nobody listening follows from it.
  const failures: unknown[] = [];
  const fail = (error: unknown) => {
    failures.push(error);
    void restorer.end();
  };
  try {
    psql.stdout.resume();
    psql.succeeded.catch(fail);
    restorer.succeeded.catch(fail);
    const fed = feedAll(restorer, options.bytes).catch(fail);
    const take = feed(psql);
    await take(Buffer.from(`BEGIN; SET LOCAL client_min_messages = error;\n${sql}\n`));
    const end = await passAllButEnd(restorer.stdout, take).catch(fail);
    await Promise.all([fed, restorer.succeeded.catch(() => {})]);
    signal.throwIfAborted();
    if (failures.length > 0) throw failures[0];
    await take(end ?? Buffer.alloc(0));
    psql.stdin?.end();
    await psql.succeeded;
  } finally {
    await Promise.all([restorer.end(), psql.end()]);
  }
}

async function passAllButEnd(output: AsyncIterable<Buffer>, take: (chunk: Buffer) => Promise<void>): Promise<Buffer> {
  let held = Buffer.alloc(0);
  for await (const chunk of output) {
    const all = Buffer.concat([held, chunk]);
    const passed = Math.max(0, all.length - HELD_BYTES);
    if (passed > 0) await take(all.subarray(0, passed));
    held = all.subarray(passed);
  }
  return held;
}
