import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigError, DumpError } from '../../backup/errors.ts';
import { oldestPgRestore } from '../../backup/manifest.ts';
import { byRelease } from '../../backup/release.ts';
import type { EnvironmentReader } from '../../settings/environment.ts';
import { programText, startProgram } from './child.ts';

/** One set of PostgreSQL client programs. */
export interface ClientPrograms {
  readonly major: number;
  /** As `pg_dump --version` tells it: `18.4`. */
  readonly version: string;
  /** When they were built, in ISO 8601, where their layer states it. */
  readonly builtAt?: string;
  readonly pgDump: string;
  readonly pgDumpall: string;
  readonly pgRestore: string;
  /** From 17 on, where it is there. */
  readonly pgCombinebackup?: string;
}

/**
 * Reads `PG_CLIENT_DIR`: folders, separated by colons, each with the programs themselves or with one folder a major
 * (`18/bin/pg_dump`), as the published layer has them. By default the layer's place on Lambda.
 */
export function readClientFolders(read: EnvironmentReader): readonly string[] {
  const folders = read.get('PG_CLIENT_DIR') ?? '/opt/pg-client';
  return folders.split(':').filter((folder) => folder !== '');
}

/**
 * Finds the client programs in the given folders and asks each for its version.
 *
 * @returns oldest first, by major and minor
 * @throws {@link ConfigError} if there are none
 */
export async function findClientPrograms(folders: readonly string[]): Promise<readonly ClientPrograms[]> {
  const found = await Promise.all(folders.flatMap(programFolders).map(readClient));
  if (found.length > 0) return found.sort((a, b) => byRelease(a.version, b.version));
  throw new ConfigError({
    operation: 'find pg_dump in',
    subject: folders.join(':'),
    problem: 'there is none',
    hint: 'PG_CLIENT_DIR must name a folder with the PostgreSQL client programs; npm run layers builds them',
  });
}

/**
 * The programs that fit a server: of the same major, else of the next newer one; of one major those with the most repairs.
 *
 * @throws {@link DumpError} if the server is newer than all: pg_dump refuses those
 * @see https://www.postgresql.org/docs/current/app-pgdump.html, Notes
 */
export function fittingClient(clients: readonly ClientPrograms[], serverMajor: number): ClientPrograms {
  const major = clients.find((client) => client.major >= serverMajor)?.major;
  const fitting = clients.filter((client) => client.major === major).at(-1);
  if (fitting) return fitting;
  throw new DumpError({
    operation: 'choose pg_dump for',
    subject: `a PostgreSQL ${serverMajor} server`,
    problem: `the newest client programs here are version ${clients.at(-1)?.major}, and pg_dump refuses newer servers`,
    hint: `add client programs of PostgreSQL ${serverMajor} or newer with PG_CLIENT_DIR or a newer pg-client layer`,
  });
}

/**
 * The pg_combinebackup that puts increments of a major together: its own, since the files of a cluster are of one major.
 *
 * @throws {@link ConfigError} if there is none
 */
export function combineProgram(clients: readonly ClientPrograms[], major: number): string {
  const found = clients.findLast((client) => client.major === major)?.pgCombinebackup;
  if (found !== undefined) return found;
  throw new ConfigError({
    operation: 'find pg_combinebackup for',
    subject: `a cluster of PostgreSQL ${major}`,
    problem: 'the client programs here have none of that major',
    hint: 'set PG_CLIENT_DIR to the folder of its programs, such as /usr/lib/postgresql/<major>/bin; or recover to a moment before the first increment',
  });
}

const compressions = new Map<string, Promise<string>>();

/** The best compression that this pg_dump was built with: zstd from 16 on where it was, gzip's fastest otherwise. */
export function bestCompression(client: ClientPrograms): Promise<string> {
  const known = compressions.get(client.pgDump) ?? probeCompression(client);
  compressions.set(client.pgDump, known);
  return known;
}

/** pg_dump says what it cannot do before it connects, so asking needs no server. */
async function probeCompression(client: ClientPrograms): Promise<string> {
  if (oldestPgRestore(client.major) < 16) return 'gzip:1';
  const program = startProgram(
    {
      program: client.pgDump,
      args: ['--format=custom', '--compress=zstd:3', '--host=/nonexistent', '--file=/dev/null', '--no-password'],
      ...{ env: {}, operation: 'check the compression of', subject: client.pgDump },
    },
    'ignore',
  );
  const error: unknown = await program.succeeded.catch((reason) => reason);
  await program.end();
  return /does not support compression/.test(String(error)) ? 'gzip:1' : 'zstd:3';
}

function programFolders(folder: string): string[] {
  if (existsSync(path.join(folder, 'pg_dump'))) return [folder];
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((major) => path.join(folder, major, 'bin'))
    .filter((bin) => existsSync(path.join(bin, 'pg_dump')));
}

async function readClient(folder: string): Promise<ClientPrograms> {
  const pgDump = path.join(folder, 'pg_dump');
  const said = await programText({
    ...{ program: pgDump, args: ['--version'], env: {}, operation: 'read the version of', subject: pgDump },
  });
  const version = /\(PostgreSQL\) (\d+[\w.]*)/.exec(said)?.[1];
  if (version === undefined) {
    throw new ConfigError({
      operation: 'read the version of',
      subject: pgDump,
      problem: `it printed "${said.trim()}"`,
    });
  }
  const builtAt = readBuiltAt(folder);
  return {
    ...{ major: Number.parseInt(version, 10), version, pgDump },
    ...(builtAt !== undefined && { builtAt }),
    pgDumpall: path.join(folder, 'pg_dumpall'),
    pgRestore: path.join(folder, 'pg_restore'),
    ...(existsSync(path.join(folder, 'pg_combinebackup')) && {
      pgCombinebackup: path.join(folder, 'pg_combinebackup'),
    }),
  };
}

/** Published layers have a manifest beside their `bin`. Whatever else stands there is no reason to do without the programs. */
function readBuiltAt(folder: string): string | undefined {
  try {
    const { builtAt } = JSON.parse(readFileSync(path.join(folder, '../manifest.json'), 'utf8'));
    return new Date(builtAt).toISOString();
  } catch {
    return undefined;
  }
}
