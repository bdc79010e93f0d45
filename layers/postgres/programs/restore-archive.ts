import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DumpError } from '../../backup/errors.ts';
import { keepBeginning, withFirstComplaint } from '../complaints/heard.ts';
import { type Complaint, listen } from '../complaints/listen.ts';
import { restoringEnvironment } from '../connect/connection.ts';
import { programConnection } from '../connect/connection-string.ts';
import type { ConnectionTarget } from '../connect/target.ts';
import { programText, type RunningProgram, startProgram } from './child.ts';
import type { ClientPrograms } from './client-programs.ts';
import { feed } from './feed.ts';
import { listOf, passesOf, readToc, type TocEntry } from './toc.ts';

export type Section = 'pre-data' | 'data' | 'post-data';
/** As {@link TocEntry} or as `ArchiveEntry` have it. */
export type Listed = Pick<TocEntry, 'type' | 'name'> & { readonly id: string | number };

export interface ArchiveRestore {
  readonly client: ClientPrograms;
  readonly target: ConnectionTarget;
  /** The database to restore into: there, and empty. */
  readonly database: string;
  /** A file, which may be restored in parallel, or the bytes as they come. */
  readonly archive: { readonly file: string; readonly jobs: number } | { readonly bytes: AsyncIterable<Buffer> };
  /** Only these of its entries; all by default. */
  readonly entries?: readonly Listed[];
  /** Only what lies in these; grants, and what comes after them, in any case. */
  readonly sections?: readonly Section[];
  /** Read no further than pg_restore does: nobody hashes the bytes. */
  readonly onlyAsNeeded?: boolean;
  /** `--exit-on-error`, `--no-owner`, … */
  readonly args: readonly string[];
  /** Decides whether to go on after a complaint. With `--verbose`, and without `--exit-on-error`. */
  readonly judge?: (complaint: Complaint) => 'go-on' | 'stop';
  /** The name of its sessions on the server. */
  readonly application?: string;
  /** `lc_monetary` of the archive, if the server has it. */
  readonly monetary?: string | undefined;
  /** Takes all that pg_restore complains of, as it comes. */
  readonly onStderr?: (chunk: Buffer) => void;
  readonly signal: AbortSignal;
}

/**
 * Restores an archive with pg_restore. Parallel jobs restore everything but the grants, which come in order.
 *
 * @throws {@link DumpError} with the end of what pg_restore said, if it failed
 * @throws what the bytes threw: then nothing was found out about the archive
 */
export async function restoreArchive(options: ArchiveRestore): Promise<void> {
  const { archive, args, client, entries, sections = [], signal } = options;
  if (!('file' in archive) || archive.jobs === 1) {
    if (entries === undefined) return runRestore(options);
    const { main, last, grants } = passesOf(entries);
    // What stands at the end of the list counts as a part of its last section.
    return runPart(options, [...main, ...last, ...grants], sections);
  }
  const { main, grants, last } = passesOf(entries ?? (await listFile(client, archive.file, signal)));
  const parts = [
    () => runPart(options, main, sections),
    () => runPart({ ...options, archive: { ...archive, jobs: 1 } }, grants, []),
    () => runPart(options, last, []),
  ];
  const errors: unknown[] = [];
  for (const part of parts) {
    await part().catch((error) => {
      errors.push(error);
      if (options.judge || args.includes('--exit-on-error') || error?.exitCode !== 1) throw errors[0];
    });
  }
  if (errors.length > 0) throw errors[0];
}

async function runPart(options: ArchiveRestore, entries: readonly Listed[], sections: readonly Section[]) {
  if (entries.length === 0) return;
  const only = sections.map((section) => `--section=${section}`);
  await withList(entries, (list) => runRestore({ ...options, args: [...options.args, ...only, ...list] }));
}

/** Writes a list of entries for pg_restore, for as long as it is needed. */
export async function withList<T>(
  entries: readonly Pick<Listed, 'id'>[],
  work: (args: readonly string[]) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'pgvouch-list-'));
  try {
    const list = path.join(folder, 'entries');
    await writeFile(list, listOf(entries));
    return await work([`--use-list=${list}`]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function listFile(
  { pgRestore: program }: ClientPrograms,
  file: string,
  signal: AbortSignal,
): Promise<TocEntry[]> {
  const run = { program, env: {}, operation: 'list the archive', subject: file, signal };
  return readToc(await programText({ ...run, args: ['--list', file] }));
}

async function runRestore(options: ArchiveRestore): Promise<void> {
  const { client, target, database, archive, application } = options;
  const input = 'file' in archive ? [`--jobs=${archive.jobs}`, archive.file] : [];
  const said = keepBeginning();
  const stop = new AbortController();
  const ears = options.judge && listenWith(options.judge, stop, database);
  const program = startProgram(
    {
      program: client.pgRestore,
      args: ['--no-password', `--dbname=${programConnection(database)}`, ...options.args, ...input],
      env: {
        ...(await restoringEnvironment(target, database, options.monetary)),
        ...(application && { PGAPPNAME: application }),
      },
      signal: AbortSignal.any([options.signal, stop.signal]),
      operation: 'restore into',
      subject: `"${database}"`,
      onStderr(chunk) {
        said.take(chunk);
        ears?.take(chunk);
        options.onStderr?.(chunk);
      },
    },
    'bytes' in archive ? 'pipe' : 'ignore',
  );
  try {
    program.stdout.resume();
    if ('bytes' in archive) await feedAll(program, archive.bytes, options.onlyAsNeeded);
    await program.succeeded;
  } catch (error) {
    ears?.end();
    const exited = error instanceof DumpError && error.exitCode === 1;
    if (exited && stop.signal.aborted) throw stop.signal.reason;
    if (exited && !ears?.ranThrough()) throw ears ? error : withFirstComplaint(error, said.text());
    if (!exited) throw error;
  } finally {
    await program.end();
  }
}

function listenWith(judge: NonNullable<ArchiveRestore['judge']>, stop: AbortController, database: string) {
  return listen((complaint) => {
    if (stop.signal.aborted || judge(complaint) === 'go-on') return;
    const { said, command } = complaint;
    const problem = `pg_restore: error: ${said}${command === undefined ? '' : `\nCommand was: ${command}`}`;
    stop.abort(new DumpError({ operation: 'restore into', subject: `"${database}"`, problem, exitCode: 1 }));
  });
}

/** To the end of the bytes even if the program needs no more of them, unless `onlyAsNeeded`: the caller may be hashing. */
export async function feedAll(
  program: RunningProgram,
  bytes: AsyncIterable<Buffer>,
  onlyAsNeeded = false,
): Promise<void> {
  let enough = false;
  const stop = () => {
    enough = true;
  };
  program.succeeded.then(onlyAsNeeded ? stop : () => {}, stop);
  const take = feed(program);
  for await (const chunk of bytes) {
    if (enough) break;
    await take(chunk);
  }
  program.stdin?.end();
}

/**
 * Has a superuser's pg_restore fill materialized views whose owners are meant to see only some rows: by default it refuses
 * whatever row-level security would shorten. Anybody else would see too little, and not know it.
 */
export function rowSecurity(superuser: boolean): string[] {
  return superuser ? ['--enable-row-security'] : [];
}
