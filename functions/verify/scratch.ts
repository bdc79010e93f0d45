import { rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { PgvouchError, textOf } from '../../layers/backup/errors.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import { serverNeeds } from '../../layers/backup/server-needs.ts';
import { settingsFor } from '../../layers/extensions/needs.ts';
import type { PostgresConfig } from '../../layers/postgres/connect/config.ts';
import { connect } from '../../layers/postgres/connect/connection.ts';
import { readTarget } from '../../layers/postgres/connect/read-target.ts';
import { isSuperuser, readServerFacts } from '../../layers/postgres/connect/server-facts.ts';
import type { ConnectionTarget } from '../../layers/postgres/connect/target.ts';
import { drillDatabaseName } from '../../layers/postgres/places/drill-turn.ts';
import { refusedToStart } from '../../layers/postgres/places/embedded-server.ts';
import { freeBytes } from '../../layers/postgres/places/free-space.ts';
import { makeScratchFolder } from '../../layers/postgres/places/scratch-folder.ts';
import { type ScratchOptions, startScratchServer } from '../../layers/postgres/places/scratch-server.ts';
import { type ChosenServer, chooseServer } from '../../layers/scratch/choose-server.ts';
import type { ScratchPlace } from '../../layers/scratch/config.ts';
import { noRoom, noServer } from './why-unproved.ts';

/** Where drills are held. */
export interface DrillPlace extends ScratchPlace {
  /** A server of the operator's instead. */
  readonly server: PostgresConfig | undefined;
  /** A larger database is restored in pieces of no more than this; as large as there is disk for by default. */
  readonly pieceBytes?: number;
}

/** A server to drill on, for one backup. */
export interface Scratch {
  readonly target: ConnectionTarget;
  /** As it states it. */
  readonly version: string;
  readonly major: number;
  /** What belongs to the verdict, a sentence each. */
  readonly remarks: readonly string[];
  /** The name that the drill's database must have there, if it must have one: a server may be started for it. */
  readonly database?: string;
  /** How many jobs may restore at once, out of that file. */
  readonly jobs: number;
  /** Whether we may do everything there. Otherwise owners and privileges are not restored. */
  readonly superuser: boolean;
  /** Whether it ends with the drill, and all that was made in it. */
  readonly ephemeral: boolean;
  /** What it said last, if it has ended by itself; empty if unknown. */
  lastWords(): string;
  end(): Promise<void>;
}

/** Beside the tables and indexes: WAL, catalogs, temporary files of index builds. */
const CLUSTER_EXTRA_BYTES = 700_000_000;
/** The same beside a piece: hardly any WAL, and smaller index builds. `npm run bench -- --what pieces` saw 55 MB. */
const PIECE_EXTRA_BYTES = 84_000_000;
/** A table that is empty, with two indexes, a foreign key and a sequence, and what catalogs say of them. */
const EMPTY_TABLE_BYTES = 50_000;
const PIECE_SETTINGS = {
  // The server need not survive a crash: new tables and indexes are written without WAL, small ones too.
  ...{ wal_skip_threshold: '0', min_wal_size: '32MB', max_wal_size: '32MB' },
  // All buffers are searched whenever a table is filled or emptied, and small tables are not worth a process.
  ...{ shared_buffers: '128MB', min_parallel_table_scan_size: '64MB' },
};
const MOST_JOBS = 8;

/** A place for one drill, before its server is there: the archive is read first. */
export interface DrillRoom {
  /** A file that the archive may be written to while it is read; undefined where there is no room. */
  readonly archiveFile: string | undefined;
  /** There if the database is to be restored in pieces. */
  readonly pieces: { readonly roomBytes: number; readonly file: string | undefined } | undefined;
  /**
   * Starts the server, or connects to the operator's.
   *
   * @returns the server, or a sentence that says why there is none for this backup
   * @throws {@link ConfigError} or {@link DumpError} if another try may find one
   */
  open(signal: AbortSignal): Promise<Scratch | string>;
  /** Removes all that was put there; the server must have ended. */
  remove(): void;
}

/**
 * Finds room for a drill of a backup.
 *
 * @param clock - for the age of a secret that was read before
 * @param inPieces - whether a drill in pieces was begun: then it goes on so
 * @returns the room, or a sentence that says why there is none
 */
export async function findDrillRoom(
  place: DrillPlace,
  manifest: Manifest,
  clock: () => Date,
  inPieces = false,
): Promise<DrillRoom | string> {
  const { server, installations, debian, folder: parent } = place;
  const { pieceBytes = Number.POSITIVE_INFINITY } = place;
  const whole = !inPieces && manifest.source.sizeBytes <= pieceBytes;
  const needs = serverNeeds(manifest);
  if (server) {
    const open = async () =>
      onServer(await readTarget(server, clock().getTime(), { database: 'postgres' }), needs.major);
    const pieces = whole ? undefined : { roomBytes: pieceBytes, file: undefined };
    return { archiveFile: undefined, pieces, open, remove: () => {} };
  }
  try {
    const free = freeForDrill(place);
    const cluster = clusterBytes(manifest);
    const pieces = !whole || cluster > free;
    const beside = PIECE_EXTRA_BYTES + EMPTY_TABLE_BYTES * manifest.tables.length;
    const roomBytes = Math.min(free - beside, pieceBytes);
    if (pieces && roomBytes <= 0) {
      return noRoom({ folder: parent, wholeBytes: cluster, piecesBytes: beside, freeBytes: free });
    }
    const fits = pieces || cluster + manifest.archive.sizeBytes <= free;
    const { folder, remove } = await makeScratchFolder(parent);
    // pg_restore can pick what it needs only from a file, as several jobs must.
    const jobs = fits ? Math.min(availableParallelism(), MOST_JOBS) : 1;
    const settings = pieces ? PIECE_SETTINGS : {};
    return {
      archiveFile: fits && !pieces ? path.join(folder, 'archive.dump') : undefined,
      pieces: pieces ? { roomBytes, file: path.join(folder, 'piece.dump') } : undefined,
      async open(signal) {
        const chosen = await chooseServer(installations, debian, needs, signal);
        return chosen
          ? startServer(chosen, needs.extensions, { folder, jobs, signal, settings })
          : noServer(needs.major);
      },
      remove,
    };
  } catch (error) {
    return `No restore was tried: ${parent} cannot be used: ${textOf(error)}.`;
  }
}

/** Bytes that a drill may use there. */
export function freeForDrill({ folder, maxBytes = Number.POSITIVE_INFINITY }: DrillPlace): number {
  return Math.min(freeBytes(folder), maxBytes);
}

/** One that ends with an error of its own will do so the next time; one that was killed, or did not answer, may start then. */
async function startServer(
  { folder: installation, major, env, remarks, extensions, release }: ChosenServer,
  needed: readonly string[],
  options: Omit<ScratchOptions, 'installation' | 'env'>,
): Promise<Scratch | string> {
  try {
    const database = drillDatabaseName();
    const theirs = settingsFor(
      needed.filter((name) => extensions.has(name)),
      database,
    );
    const settings = { ...options.settings, ...theirs };
    const server = await startScratchServer({ ...options, installation, env, settings });
    const end = () => server.end().finally(release);
    return { ...server, end, major, remarks, database, jobs: options.jobs, superuser: true, ephemeral: true };
  } catch (error) {
    await release();
    options.signal.throwIfAborted();
    if (!refusedToStart(error)) throw error;
    const { problem } = error instanceof PgvouchError ? error : { problem: textOf(error) };
    return `No restore was tried: the scratch server does not start: ${problem}.`;
  }
}

/** What the restored database and its server will need of the disk. A bloated one was larger when it was backed up. */
export function clusterBytes({ source }: { readonly source: Pick<Manifest['source'], 'sizeBytes'> }): number {
  return Math.ceil(1.1 * source.sizeBytes) + CLUSTER_EXTRA_BYTES;
}

/** Writes the bytes to a file as they pass by. If the disk fills up after all, the file is given up, not the bytes. */
export async function* teeToFile(bytes: AsyncIterable<Buffer>, file: string, onGivenUp: (why: string) => void) {
  const handle = await open(file, 'wx', 0o600);
  let writing = true;
  try {
    for await (const chunk of bytes) {
      if (writing) {
        await handle.writeFile(chunk).catch((error) => {
          writing = false;
          onGivenUp(textOf(error));
          rmSync(file, { force: true });
        });
      }
      yield chunk;
    }
  } finally {
    await handle.close();
  }
}

async function onServer(target: ConnectionTarget, major: number): Promise<Scratch | string> {
  const client = await connect(target, 'postgres', 'pgvouch drill');
  try {
    const server = await readServerFacts(client);
    const found = Math.floor(server.versionNumber / 10_000);
    if (found < major) {
      return `No restore was tried: DRILL_DATABASE_URL is PostgreSQL ${found}, but the backup needs PostgreSQL ${major} or newer.`;
    }
    const superuser = await isSuperuser(client);
    const own = { lastWords: () => '', end: async () => {} };
    const facts = { version: server.version, major: found, remarks: [] };
    return { target, ...facts, jobs: 1, superuser, ephemeral: false, ...own };
  } finally {
    await client.end();
  }
}
