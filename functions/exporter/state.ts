import type { Entry, ListedObject } from '../../layers/backup/catalog.ts';
import { isGood, type Verdict } from '../../layers/backup/verdict.ts';
import type { Ask, Documents } from './documents.ts';
import { type DatabaseState, isRetired, type Listed, type Milestone, verdictOf } from './observation.ts';

/** A manifest that cannot be read lets another stand in for it, so often: the number of requests is bounded. */
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
  };
}

/** Reads the few documents that say how a database stands: four manifests and two verdicts at most, unless some are damaged. */
export async function readState(
  documents: Documents,
  state: DatabaseState & { readonly listed: Listed },
  ask: Ask,
): Promise<DatabaseState> {
  const unreadable = new Set<string>();
  const first = async (candidates: Iterable<Entry>): Promise<Milestone | null | undefined> => {
    let reads = 0;
    for (const entry of candidates) {
      if (entry.manifest === undefined) continue;
      if (reads++ === MAX_READS) break;
      const manifest = await documents.manifest(entry.manifest, ask);
      if (manifest === undefined) return undefined;
      if (manifest === 'unreadable') unreadable.add(entry.manifest.key);
      else if (manifest !== null) return { entry, manifest };
    }
    return null;
  };
  const backups = state.listed.entries.filter(({ manifest }) => manifest !== undefined);
  const good = backups.filter((entry) => {
    const verdict = verdictOf(entry);
    return verdict !== undefined && isGood(verdict);
  });
  const restorable = good.filter(({ verdict }) => verdict === 'restorable');
  // One after the other: they are often the same, and each is read once.
  const newest = await first(backups);
  const newestGood = await first(good);
  const newestRestorable = await first(restorable);
  const oldestRestorable = await first(restorable.filter((entry) => !isRetired(entry)).reverse());
  const judged = backups.find(({ verdict }) => verdict !== undefined);
  const newestVerdict = await readVerdict(documents, judged, ask);
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
  };
}

/** The object of the verdict that counts. */
export function verdictObject({ verdict, verdicts }: Entry): ListedObject | undefined {
  return verdict && verdicts.find(({ key }) => key.endsWith(`/verdict-${verdict}.json`));
}

/** The objects whose documents {@link readState} read, for whoever wants to remember what they said. */
export function objectsRead(states: readonly DatabaseState[]) {
  const manifests = new Set<ListedObject>();
  const verdicts = new Set<ListedObject>();
  for (const { listed, newest, newestGood, newestRestorable, oldestRestorable } of states) {
    for (const milestone of [newest, newestGood, newestRestorable, oldestRestorable]) {
      if (milestone?.entry.manifest) manifests.add(milestone.entry.manifest);
    }
    const judged = listed?.entries.find((entry) => entry.manifest !== undefined && entry.verdict !== undefined);
    for (const entry of [judged, newestRestorable?.entry]) {
      const verdict = entry && verdictObject(entry);
      if (verdict) verdicts.add(verdict);
    }
  }
  return { manifests: [...manifests], verdicts: [...verdicts] };
}

/** One that cannot be understood is told as one that is not there: the verdict itself stands in the key. */
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
