import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { ConfigError, DumpError } from '../../backup/errors.ts';
import { type ArchiveLayout, watchLayout } from './archive-layout.ts';
import { type RunningProgram, startProgram } from './child.ts';
import type { ClientPrograms } from './client-programs.ts';
import { feed } from './feed.ts';
import { readToc, type TocEntry } from './toc.ts';

/** What one pass over an archive found. */
export interface ArchiveReading {
  readonly sizeBytes: number;
  readonly sha256: string;
  /** `schema name owner` of each TABLE DATA entry, as pg_restore's list has it. */
  readonly tableData: readonly string[];
  /** Its table of contents. */
  readonly toc: readonly TocEntry[];
  /** Where everything lies in it; undefined if it is of no kind that is known. */
  readonly layout: ArchiveLayout | undefined;
  /** What pg_restore said if it could not read and decode all of it. */
  readonly failure: string | undefined;
  /** There if not pg_restore failed, but what opens a sealed archive. */
  readonly brokenSeal?: true;
}

/**
 * Reads an archive once: hashes it, lists it, and lets pg_restore read and decode every byte of it.
 *
 * @param archive - the bytes; an error of theirs is thrown as it is, for it says nothing about the archive
 * @throws {@link ConfigError} if pg_restore cannot be started or is killed, as by the want of memory
 */
export async function readArchive(
  client: ClientPrograms,
  archive: AsyncIterable<Buffer>,
  subject: string,
  signal: AbortSignal,
): Promise<ArchiveReading> {
  const run = { program: client.pgRestore, env: {}, operation: 'read the archive of', subject, signal };
  const list = startProgram({ ...run, args: ['--list'] }, 'pipe');
  const decode = startProgram({ ...run, args: ['--file=/dev/null'] }, 'pipe');
  try {
    const listed = textOf(list.stdout);
    // If the archive breaks off before it is asked for, its end is nobody's business.
    listed.catch(() => {});
    decode.stdout.resume();
    const feeds = [feed(list), feed(decode)];
    const hash = createHash('sha256');
    const laid = watchLayout();
    let sizeBytes = 0;
    for await (const chunk of archive) {
      hash.update(chunk);
      laid.take(chunk);
      sizeBytes += chunk.length;
      await Promise.all(feeds.map((take) => take(chunk)));
    }
    for (const { stdin } of [list, decode]) stdin?.end();
    const failures = [await failureOf(list), await failureOf(decode)];
    signal.throwIfAborted();
    const toc = readToc(await listed);
    return {
      sizeBytes,
      sha256: hash.digest('hex'),
      tableData: toc.flatMap(({ type, name }) => (type === 'TABLE DATA' ? [name] : [])),
      toc,
      layout: laid.layout(),
      failure: failures.find((failure) => failure !== undefined),
    };
  } finally {
    await Promise.all([list.end(), decode.end()]);
  }
}

/** What a pg_restore that failed said. A killed one says nothing about the archive, so that is thrown. */
async function failureOf(program: RunningProgram): Promise<string | undefined> {
  try {
    await program.succeeded;
    return undefined;
  } catch (error) {
    if (!(error instanceof DumpError)) throw error;
    if (error.signal === null) return error.problem;
    throw new ConfigError({
      operation: error.operation,
      subject: error.subject ?? 'a backup',
      problem: error.problem,
      hint: 'was it out of memory? give the verify function more',
      cause: error,
    });
  }
}

async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
