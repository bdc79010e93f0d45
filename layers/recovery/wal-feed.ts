import { chownSync, watch, writeFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Owner } from '../postgres/programs/child.ts';
import { WrongObject } from '../vault/checked-bytes.ts';
import type { Vault } from '../vault/vault.ts';
import type { Holdings, WalObject } from '../wal/holdings.ts';
import { historyKey } from '../wal/keys.ts';
import { historyName, segmentName } from '../wal/segments.ts';
import { shellWord, wordOfRestoreCommand } from '../words/shell.ts';
import { readWalObject } from './wal-bytes.ts';
import { writeWhole } from './write-whole.ts';

export interface WalFeedOptions {
  readonly vault: Vault;
  readonly systemIdentifier: string;
  readonly holdings: Holdings;
  /** The WAL to feed, in the order in which recovery reads it. */
  readonly objects: readonly WalObject[];
  /** A folder that is made for it, beside the data directory. */
  readonly folder: string;
  /** Whom the server runs as. */
  readonly owner: Owner;
  readonly signal: AbortSignal;
  /** Called with each object that lies ready for the server, once. */
  readonly onFed?: (object: WalObject) => void;
}

/** Gives a server WAL that has no way to the bucket itself. */
export interface WalFeed {
  /** For `restore_command`. */
  readonly restoreCommand: string;
  /** The objects that were read and decompressed. */
  readonly fed: ReadonlySet<WalObject>;
  /** The first that was not what its name says; recovery ends before it. */
  damage(): { readonly object: WalObject; readonly problem: string } | undefined;
  /** Why no more could be fetched, where the store failed. */
  failure(): unknown;
  close(): void;
}

/** Segments that lie ready: replaying one takes less time than fetching it. */
const AHEAD_BYTES = 96 * 1024 * 1024;
const AT_ONCE = 4;

/**
 * Feeds segments as the server asks for them, and some ahead. The server asks with a file in a folder, and
 * waits for another: it is cut off from every network, and may not hold the bucket's password. So no more WAL lies on the
 * disk than what is asked for next.
 */
export async function openWalFeed(options: WalFeedOptions): Promise<WalFeed> {
  const { folder, owner, holdings, objects, signal } = options;
  const place = (name: string) => path.join(folder, name);
  await mkdir(folder, { mode: 0o700 });
  for (const name of ['asked', 'ready', 'none']) await mkdir(place(name), { mode: 0o700 });
  await writeFile(place('fetch'), fetchScript(folder), { mode: 0o644 });
  if (process.getuid?.() === 0) {
    for (const name of ['', 'asked', 'ready', 'none']) chownSync(place(name), owner.uid, owner.gid);
  }
  const { segmentSizeBytes } = holdings;
  const nameOf = ({ timeline, number }: WalObject) => segmentName(timeline, number, segmentSizeBytes);
  const indexes = new Map(objects.map((object, index) => [nameOf(object), index]));
  const ahead = Math.max(1, Math.floor(AHEAD_BYTES / segmentSizeBytes));
  const fed = new Set<WalObject>();
  const ready = new Map<number, Promise<boolean>>();
  let damage: ReturnType<WalFeed['damage']>;
  let failure: unknown;
  let closed = false;

  const answer = async (kind: 'ready' | 'none', name: string, bytes: Uint8Array | string) => {
    await writeWhole(place(`${name}.part`), bytes, { mode: 0o644, hint: MORE_ROOM });
    await rename(place(`${name}.part`), place(`${kind}/${name}`));
  };
  const fail = async (error: unknown) => {
    failure ??= error;
    await writeFile(place('failed'), '').catch(() => {});
  };
  /** @returns false if the server must take it for the end of the WAL */
  const bring = (index: number): Promise<boolean> => {
    const there = ready.get(index);
    if (there !== undefined) return there;
    const bringing = bringNow(index);
    ready.set(index, bringing);
    return bringing;
  };
  const bringNow = async (index: number): Promise<boolean> => {
    const object = objects[index];
    if (object === undefined || (damage && index >= objects.indexOf(damage.object))) return false;
    try {
      await answer('ready', nameOf(object), await readWalObject(options.vault, object, segmentSizeBytes, signal));
      if (!fed.has(object)) options.onFed?.(object);
      fed.add(object);
      return true;
    } catch (error) {
      if (!(error instanceof WrongObject)) throw error;
      const { problem } = error;
      if (damage === undefined || objects.indexOf(damage.object) > index) damage = { object, problem };
      return false;
    }
  };
  const serve = async (name: string) => {
    const index = indexes.get(name);
    if (index === undefined) {
      const text = await historyOf(options, name);
      return text === undefined ? answer('none', name, '') : answer('ready', name, text);
    }
    if (!(await bring(index))) return answer('none', name, '');
    // It may go back a little, as to where a checkpoint began.
    for (const old of ready.keys()) {
      if (old >= index - 1 && old <= index + ahead) continue;
      ready.delete(old);
      await rm(place(`ready/${nameOf(objects[old] as WalObject)}`), { force: true });
    }
    const next = Array.from({ length: Math.min(ahead, AT_ONCE) }, (_, step) => index + 1 + step);
    for (const one of next) if (one < objects.length) void bring(one).catch(fail);
  };
  let looking = false;
  let again = false;
  const look = async () => {
    again = true;
    if (looking) return;
    looking = true;
    while (again && !closed) {
      again = false;
      for (const name of (await readdir(place('asked')).catch(() => [])).sort()) {
        // Asked once more, it would be there once more.
        await rm(place(`asked/${name}`), { force: true });
        await serve(name).catch(fail);
      }
    }
    looking = false;
  };
  const watcher = watch(place('asked'), () => void look().catch(fail));
  watcher.on('error', (error) => void fail(error));
  return {
    restoreCommand: `sh ${wordOfRestoreCommand(place('fetch'))} "%f" "%p"`,
    fed,
    damage: () => damage,
    failure: () => failure,
    close() {
      closed = true;
      watcher.close();
      // Whoever still waits for an answer ends.
      writeFileSync(place('failed'), '');
    },
  };
}

async function historyOf({ vault, systemIdentifier, holdings, signal }: WalFeedOptions, name: string) {
  const timeline = holdings.histories.find((one) => historyName(one) === name);
  return timeline === undefined
    ? undefined
    : vault.getText(historyKey(vault.prefix, systemIdentifier, timeline), signal);
}

const MORE_ROOM = 'set DRILL_FOLDER (or TMPDIR) to a folder with more room';

/**
 * PostgreSQL takes 1 to 125 for the end of the WAL, and more for a failure.
 *
 * @see https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-PITR-RECOVERY
 */
function fetchScript(folder: string): string {
  return `feed=${shellWord(folder)}
: >"$feed/asked/$1" || exit 170
while :; do
  if [ -e "$feed/ready/$1" ]; then
    cp "$feed/ready/$1" "$2" && exit 0
    rm -f "$2"
    exit 170
  fi
  if [ -e "$feed/none/$1" ]; then rm -f "$feed/none/$1"; exit 1; fi
  if [ -e "$feed/failed" ]; then exit 170; fi
  sleep 0.02
done
`;
}
