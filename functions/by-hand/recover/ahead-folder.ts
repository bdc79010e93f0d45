import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { freeBytes } from '../../../layers/postgres/places/free-space.ts';
import { AHEAD_FOLDER, COMING, FETCHER } from './recovery-files.ts';

/**
 * Where WAL lies that PostgreSQL has not asked for yet: `wal/<run of the server>/<segment>` in the recovery folder. A file
 * of that name is whole. `<segment>.coming` says that somebody is about to bring it.
 */
export interface AheadFolder {
  /** Segments that lie ready, and those that are coming. */
  names(): { readonly ready: readonly string[]; readonly coming: readonly string[] };
  announce(name: string): void;
  withdraw(name: string): void;
  /** Puts a segment there, at once and whole. */
  put(name: string, content: Buffer): Promise<void>;
  remove(name: string): void;
  /** Whether there is room for more; on a disk that is short PostgreSQL needs what is left. */
  hasRoom(): boolean;
  /** Calls back whenever something comes or goes. @returns what ends that */
  watch(onChange: () => void): () => void;
}

/** At most so much lies ready: replaying it takes longer than fetching as much. */
export const AHEAD_BYTES = 256 * 1024 * 1024;

/**
 * The run of the server whose data directory has the recovery folder; undefined if none runs. What was fetched in another run is
 * not used: a machine that crashed may have left it torn.
 *
 * @see src/include/utils/pidfile.h: its first line has the pid, its third the time of the start
 */
export function serverRun(folder: string): string | undefined {
  const [pid = '', , since] = read(path.join(path.dirname(folder), 'postmaster.pid')).split('\n');
  return since !== undefined && isRunning(Number(pid)) ? `${pid}-${since}` : undefined;
}

/** Opens the folder of a run, and makes it if need be. The recovery folder must be there. @param self - our pid */
export function openAheadFolder(folder: string, run: string, self: number): AheadFolder {
  const place = path.join(folder, AHEAD_FOLDER, run);
  const at = (name: string) => path.join(place, name);
  if (!existsSync(place)) mkdirSync(place, { mode: 0o700 });
  const coming = (name: string) => at(`${name}${COMING}`);
  return {
    names() {
      const names = readdirSync(place);
      return {
        ready: names.filter((name) => !name.includes('.')).sort(),
        coming: names.filter((name) => name.endsWith(COMING)).map((name) => name.slice(0, -COMING.length)),
      };
    },
    announce: (name) => writeFileSync(coming(name), '', { mode: 0o600 }),
    withdraw: (name) => rmSync(coming(name), { force: true }),
    async put(name, content) {
      // Of our own: another one may be at work that was taken for dead.
      const part = at(`${name}.${self}`);
      try {
        await writeFile(part, content, { mode: 0o600 });
        renameSync(part, at(name));
      } finally {
        rmSync(part, { force: true });
      }
    },
    remove: (name) => rmSync(at(name), { force: true }),
    hasRoom: () => freeBytes(place) >= 4 * AHEAD_BYTES,
    watch(onChange) {
      const watcher = watch(place, onChange);
      // The folder went: whoever looks next sees that.
      watcher.on('error', onChange);
      return () => watcher.close();
    },
  };
}

/** Removes what other runs of the server left, and what others have begun to write. */
export function clearLeft(folder: string, run: string): void {
  const all = path.join(folder, AHEAD_FOLDER);
  const remove = (...names: string[]) => rmSync(path.join(all, ...names), { recursive: true, force: true });
  for (const other of readdirSync(all)) if (other !== run) remove(other);
  for (const name of readdirSync(path.join(all, run))) if (/\.\d+$/.test(name)) remove(run, name);
}

/** Says who fetches ahead: one process. It ends once another one is named. */
export function nameFetcher(folder: string, pid: number): void {
  const file = path.join(folder, FETCHER);
  writeFileSync(`${file}.${pid}`, `${pid}\n`, { mode: 0o600 });
  renameSync(`${file}.${pid}`, file);
}

/** Undefined if nobody was named, or the recovery has ended. */
export function fetcherOf(folder: string): number | undefined {
  return Number(read(path.join(folder, FETCHER))) || undefined;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function isRunning(pid: number): boolean {
  try {
    return pid > 1 && process.kill(pid, 0);
  } catch (error) {
    // Somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
