import { ConfigError, DumpError } from '../../backup/errors.ts';
import { type RunningProgram, startProgram } from './child.ts';
import type { ClientPrograms } from './client-programs.ts';
import { feed } from './feed.ts';

/** One thing that an archive holds. */
export interface ArchiveEntry {
  readonly id: number;
  /** `TABLE`, `INDEX`, `TABLE DATA`, … */
  readonly type: string;
  /** null for what lies in no schema. */
  readonly schema: string | null;
  /** As pg_dump tags it: `orders`, `f(integer)`, `orders orders_pkey`. */
  readonly name: string;
  /** Ids of the entries that it needs. */
  readonly needs: readonly number[];
}

/**
 * Reads what an archive holds, in its order. Only the beginning of the archive is read.
 *
 * @throws {@link DumpError} if it cannot be read
 * @see src/bin/pg_dump/pg_backup_archiver.c, _printTocEntry with `--verbose`, and PrintTOCSummary
 */
export async function readEntries(
  client: ClientPrograms,
  archive: AsyncIterable<Buffer>,
  subject: string,
  signal: AbortSignal,
): Promise<ArchiveEntry[]> {
  const run = { program: client.pgRestore, env: {}, operation: 'list the archive of', subject, signal };
  const list = startProgram({ ...run, args: ['--list'] }, 'pipe');
  const script = startProgram({ ...run, args: ['--schema-only', '--verbose', '--file=-'] }, 'pipe');
  const programs = [list, script];
  try {
    const texts = Promise.all(programs.map(textOf));
    texts.catch(() => {});
    await feedBeginning(programs, archive);
    await Promise.all(programs.map(({ succeeded }) => succeeded));
    const [listed = '', written = ''] = await texts;
    return entriesOf(listed, written);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof DumpError)) throw error;
    throw new ConfigError({ operation: run.operation, subject, problem: error.problem, cause: error });
  } finally {
    await Promise.all(programs.map((program) => program.end()));
  }
}

async function feedBeginning(programs: readonly RunningProgram[], archive: AsyncIterable<Buffer>): Promise<void> {
  let running = programs.length;
  const ended = () => {
    running -= 1;
  };
  for (const { succeeded } of programs) succeeded.then(ended, ended);
  const feeds = programs.map(feed);
  for await (const chunk of archive) {
    await Promise.all(feeds.map((take) => take(chunk)));
    if (running === 0) break;
  }
  for (const { stdin } of programs) stdin?.end();
}

async function textOf({ stdout }: RunningProgram): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdout as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * @param listed - of every entry: its number, its object's oid, and then words that spaces do not tell apart
 * @param written - the script: it tells them apart, and what each entry needs, but leaves entries of data out
 */
export function entriesOf(listed: string, written: string): ArchiveEntry[] {
  const described = new Map<number, ArchiveEntry>();
  const tables = new Map<string, ArchiveEntry>();
  const sequences = new Map<string, ArchiveEntry>();
  for (const [, id, oid, needs = '', name = '', type = '', schema] of written.matchAll(HEADER)) {
    const numbers = needs.split(' ').filter(Boolean).map(Number);
    const entry = { id: Number(id), type, schema: schema === '-' ? null : (schema ?? null), name, needs: numbers };
    described.set(entry.id, entry);
    if (type === 'TABLE') tables.set(oid ?? '', entry);
    if (type === 'SEQUENCE') sequences.set(`${schema} ${name} `, entry);
  }
  return Array.from(listed.matchAll(LINE), ([, id, oid = '', rest = '']) => {
    const known = described.get(Number(id));
    if (known) return known;
    const [, dataType] = /^(TABLE DATA|SEQUENCE SET|MATERIALIZED VIEW DATA) /.exec(rest) ?? [];
    const text = rest.slice((dataType?.length ?? 0) + 1);
    const of =
      dataType === 'TABLE DATA' ? tables.get(oid) : [...sequences].find(([start]) => text.startsWith(start))?.[1];
    if (dataType !== undefined && dataType !== 'MATERIALIZED VIEW DATA' && of)
      return { ...of, id: Number(id), type: dataType, needs: [of.id] };
    return { id: Number(id), type: rest, schema: null, name: '', needs: [] };
  });
}

const LINE = /^(\d+); \d+ (\d+) (.*)$/gm;
const HEADER =
  /^-- TOC entry (\d+) \(class \d+ OID (\d+)\)\n(?:-- Dependencies: ([\d ]*)\n)?-- Name: (.*); Type: (.*); Schema: (.*); Owner: .*$/gm;
