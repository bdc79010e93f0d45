import { type Entry, type ListedObject, verdictObject } from '../../../layers/backup/catalog.ts';
import { isFuture } from '../../../layers/backup/present.ts';
import { isGood, type Verdict } from '../../../layers/backup/verdict.ts';
import type { Listed } from '../../../layers/catalog/listing/folders.ts';
import type { Ask, Documents } from './documents.ts';
import { type DatabaseState, isRetired, type Milestone, verdictOf } from './observation.ts';

/**
 * A manifest that cannot be read lets another stand in for it, so often in one look: the number of requests is bounded.
 * What was read is remembered, so the next look gets further.
 */
const MAX_READS = 3;

/** A database before anything of it is known; after the listing all that it tells. */
export function unreadState(database: string, configured: boolean, listed: Listed | undefined): DatabaseState {
  return {
    database,
    configured,
    listed,
    newest: undefined,
    newestGood: undefined,
    newestRestorable: undefined,
    oldestRestorable: undefined,
    newestVerdict: undefined,
    restorableVerdict: undefined,
    unreadableManifests: [],
    futureBackups: 0,
  };
}

/**
 * Reads the few documents that say how a database stands: four manifests and two verdicts at most, unless some are damaged.
 *
 * A backup that was fired in the future stands for nothing as long as there is any other: it would be the newest for ever.
 *
 * @param now - by our clock
 */
export async function readState(
  documents: Documents,
  state: DatabaseState & { readonly listed: Listed },
  now: Date,
  ask: Ask,
): Promise<DatabaseState> {
  const unreadable = new Set<string>();
  const backups = presentFirst(backupsOf(state.listed), now);
  const future = new Set(backups.filter(({ firedAt }) => isFuture(firedAt, now)));
  const first = async (candidates: readonly Entry[], isIt: (one: Milestone) => boolean = () => true) => {
    let told = true;
    let reads = 0;
    for (const entry of candidates) {
      if (entry.manifest === undefined) continue;
      if (!documents.remembers(entry.manifest) && reads++ === MAX_READS) return undefined;
      const manifest = await documents.manifest(entry.manifest, ask);
      if (manifest === undefined) return undefined;
      if (manifest === 'unreadable') {
        unreadable.add(entry.manifest.key);
        told = false;
        continue;
      }
      if (manifest === null || !isIt({ entry, manifest })) continue;
      const stored = entry.manifest.modifiedAt;
      if (!isFuture(new Date(manifest.snapshotAt), stored)) return { entry, manifest };
      // By a clock that is wrong. Its data can be no younger than the manifest, which the store dated.
      future.add(entry);
      return { entry, manifest: { ...manifest, snapshotAt: stored.toISOString() } };
    }
    return told ? null : undefined;
  };
  const good = backups.filter((entry) => {
    const verdict = verdictOf(entry);
    return verdict !== undefined && isGood(verdict);
  });
  const restorable = good.filter(({ verdict }) => verdict === 'restorable');
  const lasting = restorable.filter((entry) => !isRetired(entry));
  // One after the other: they are often the same, and each is read once.
  const newest = await first(backups);
  const newestGood = await first(good, isComplete);
  const newestRestorable = await first(restorable, isComplete);
  const oldestRestorable = await first(presentFirst(lasting.reverse(), now), isComplete);
  const newestVerdict = await readVerdict(documents, newestVerified(state.listed, now), ask);
  const restorableVerdict = await readVerdict(documents, newestRestorable?.entry, ask);
  return {
    ...state,
    newest,
    newestGood,
    newestRestorable,
    oldestRestorable,
    newestVerdict,
    restorableVerdict: newestRestorable === undefined ? undefined : restorableVerdict,
    unreadableManifests: [...unreadable],
    futureBackups: future.size,
  };
}

function backupsOf({ entries }: Listed): Entry[] {
  return entries.filter(({ manifest }) => manifest !== undefined);
}

/** Those of the future last, otherwise in the order given. */
function presentFirst(entries: readonly Entry[], now: Date): Entry[] {
  const rank = ({ firedAt }: Entry) => Number(isFuture(firedAt, now));
  return [...entries].sort((a, b) => rank(a) - rank(b));
}

/** The archive of another attempt proves nothing; the listing alone cannot tell which is meant. */
function isComplete({ entry, manifest }: Milestone): boolean {
  return entry.archives.some(({ attempt }) => attempt === manifest.attempt);
}

/** The newest backup that has a verdict. */
function newestVerified(listed: Listed, now: Date): Entry | undefined {
  return presentFirst(backupsOf(listed), now).find(({ verdict }) => verdict !== undefined);
}

/** The objects whose documents {@link readState} read at that time, for whoever keeps what they said. */
export function objectsRead(states: readonly DatabaseState[], now: Date) {
  const manifests = new Set<ListedObject>();
  const verdicts = new Set<ListedObject>();
  for (const { listed, newest, newestGood, newestRestorable, oldestRestorable } of states) {
    for (const milestone of [newest, newestGood, newestRestorable, oldestRestorable]) {
      if (milestone?.entry.manifest) manifests.add(milestone.entry.manifest);
    }
    for (const entry of [listed && newestVerified(listed, now), newestRestorable?.entry]) {
      const verdict = entry && verdictObject(entry);
      if (verdict) verdicts.add(verdict);
    }
  }
  return { manifests: [...manifests], verdicts: [...verdicts] };
}

/** One that cannot be understood counts as one that is not there: the verdict itself stands in the key. */
async function readVerdict(
  documents: Documents,
  entry: Entry | undefined,
  ask: Ask,
): Promise<Verdict | null | undefined> {
  const object = entry && verdictObject(entry);
  if (object === undefined) return null;
  const verdict = await documents.verdict(object, ask);
  return verdict === 'unreadable' ? null : verdict;
}
