import { setTimeout as delay } from 'node:timers/promises';
import type { WalObject } from '../../../layers/wal/holdings.ts';
import { parseSegmentName, segmentName } from '../../../layers/wal/segments.ts';
import { AHEAD_BYTES, type AheadFolder, clearLeft, fetcherOf, openAheadFolder, serverRun } from './ahead-folder.ts';
import { contentOf, look, type WalSource, wholeAfter } from './wal-look.ts';

export interface AheadRequest extends WalSource {
  /** The recovery folder. */
  readonly folder: string;
  /** The segment that PostgreSQL was given last. */
  readonly file: string;
  /** Our own. */
  readonly pid: number;
}

const AT_ONCE = 4;
const AT_ONCE_BYTES = 64 * 1024 * 1024;
/** So many segments are looked for at a time. */
const LOOK_AHEAD = 500;
/** The folder is watched; this is for what no watch tells, such as the end of the server. */
const LOOK_EVERY_MS = 500;
/** PostgreSQL may have been paused. It gets a new process once it has used up what lies ready. */
const IDLE_MS = 300_000;

/**
 * Fetches finished segments before PostgreSQL asks for them, as it takes them, until the last one that is stored without a gap.
 * It only saves PostgreSQL time: whatever it cannot bring is fetched, or fails, when PostgreSQL asks for it.
 *
 * It ends by itself: when there is nothing more to fetch, when the server has ended or has recovered, when another process
 * has been named to do this, and when nothing has been taken for long.
 *
 * @throws what fails
 */
export async function fetchAhead(request: AheadRequest): Promise<void> {
  const { recovery, folder, file, pid, signal } = request;
  const { segmentSizeBytes } = recovery;
  const run = serverRun(folder);
  let last = parseSegmentName(file, segmentSizeBytes);
  const isOurs = () => fetcherOf(folder) === pid && serverRun(folder) === run;
  if (run === undefined || last === undefined || !isOurs()) return;
  const place = openAheadFolder(folder, run, pid);
  clearLeft(folder, run);
  const stock = openStock(place, file);
  const most = Math.max(1, Math.floor(AHEAD_BYTES / segmentSizeBytes));
  const atOnce = Math.max(1, Math.min(AT_ONCE, Math.floor(AT_ONCE_BYTES / segmentSizeBytes)));
  let wake = () => {};
  const unwatch = place.watch(() => wake());
  const coming = openComing(request, place, (name) => {
    stock.add(name);
    wake();
  });
  try {
    let objects: WalObject[] = [];
    for (let takenAt = performance.now(); isOurs(); ) {
      signal.throwIfAborted();
      coming.check();
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (stock.update()) takenAt = performance.now();
      if (performance.now() - takenAt > IDLE_MS) return;
      if (objects.length === 0) objects = wholeAfter(await look(request, last, LOOK_AHEAD), last);
      if (objects.length === 0 && coming.size() === 0) return coming.clear();
      while (coming.size() < atOnce && stock.size() + coming.size() < most && place.hasRoom()) {
        const object = objects.shift();
        if (object === undefined) break;
        last = object;
        const name = segmentName(object.timeline, object.number, segmentSizeBytes);
        if (!stock.has(name)) coming.begin(name, object);
      }
      coming.clear();
      await Promise.race([woken, delay(LOOK_EVERY_MS)]);
    }
  } finally {
    unwatch();
    await coming.end();
  }
}

/** What lies ready. The names of a timeline's segments are in the order of their numbers. */
function openStock(place: AheadFolder, file: string) {
  const ready = new Set<string>();
  /** PostgreSQL asks for what comes behind it. */
  let given = file;
  return {
    add: (name: string) => ready.add(name),
    has: (name: string) => ready.has(name),
    size: () => ready.size,
    /** Looks at what is there, and removes what nobody will ask for. @returns whether something was taken */
    update(): boolean {
      const there = place.names().ready;
      const taken = [...ready].filter((name) => !there.includes(name));
      for (const name of taken) if (name > given) given = name;
      ready.clear();
      for (const name of there) {
        if (name > given && name.startsWith(file.slice(0, 8))) ready.add(name);
        else place.remove(name);
      }
      return taken.length > 0;
    },
  };
}

/** What is being fetched, which PostgreSQL waits for if it asks for it. */
function openComing(source: WalSource, place: AheadFolder, onReady: (name: string) => void) {
  const underWay = new Map<string, Promise<void>>();
  const ending = new AbortController();
  const signal = AbortSignal.any([source.signal, ending.signal]);
  let failure: { readonly error: unknown } | undefined;
  const bring = async (name: string, object: WalObject) => {
    try {
      await place.put(name, await contentOf({ ...source, signal }, object));
    } catch (error) {
      failure ??= { error };
    }
    place.withdraw(name);
    underWay.delete(name);
    onReady(name);
  };
  return {
    size: () => underWay.size,
    begin(name: string, object: WalObject) {
      place.announce(name);
      underWay.set(name, bring(name, object));
    },
    /** @throws what could not be fetched */
    check() {
      if (failure) throw failure.error;
    },
    /** Withdraws what others have announced. */
    clear() {
      for (const name of place.names().coming) if (!underWay.has(name)) place.withdraw(name);
    },
    async end() {
      ending.abort();
      await Promise.all(underWay.values());
    },
  };
}
