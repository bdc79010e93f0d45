import type { StoredCluster } from '../../layers/catalog/read-cluster.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import { parseBase } from '../../layers/wal/base.ts';
import { type BaseEntry, baseEntries, objectsOfBase } from '../../layers/wal/base-entries.ts';
import { type BaseName, baseFolder, baseMarkKey } from '../../layers/wal/keys.ts';
import { parseRetiredBase, type RetiredBase } from '../../layers/wal/retired-base.ts';
import { type StoredBase, storedBase } from '../../layers/wal/stored-base.ts';
import type { Subject } from './subject.ts';

/** One base backup as retention sees it. */
export interface BaseCandidate {
  readonly stored: StoredBase;
  readonly entry: BaseEntry;
  /** Its retirement, unless it was undone. */
  readonly mark: RetiredBase | undefined;
}

/**
 * The base backups of a cluster with their marks. There are few: all are read.
 *
 * @throws {@link VaultError} if a mark cannot be read
 */
export async function baseCandidates(
  vault: Vault,
  { bases, entries }: Pick<StoredCluster, 'bases' | 'entries'>,
): Promise<BaseCandidate[]> {
  const candidates: BaseCandidate[] = [];
  for (const stored of bases) {
    const entry = entries.find(({ startedAt }) => startedAt.getTime() === stored.startedAt.getTime());
    if (entry !== undefined) candidates.push({ stored, entry, mark: await readMark(vault, entry) });
  }
  return candidates;
}

/** Whether the lifecycle has begun to remove it, and nobody holds it back. */
export function isLeaving({ stored, mark }: BaseCandidate): boolean {
  return !stored.complete && !stored.kept && mark?.taggedAt !== undefined;
}

export function baseSubject(vault: Vault, candidate: BaseCandidate): Subject {
  const { stored, entry, mark } = candidate;
  const { systemIdentifier } = stored.base;
  const name = { systemIdentifier, startedAt: stored.startedAt };
  return {
    about: { systemIdentifier, startedAt: stored.startedAt.toISOString() },
    ...{ kept: stored.kept, mark, isMarked: entry.retired !== undefined },
    keys: { retired: baseMarkKey(vault.prefix, name, 'retired'), undone: baseMarkKey(vault.prefix, name, 'undone') },
    marks: entry.marks.map(({ key }) => key),
    objects: objectsOfBase(entry).map(({ key }) => key),
    async confirm() {
      const now = await readAgain(vault, name);
      return now && { now: baseSubject(vault, now), unchanged: wordsOf(now) === wordsOf(candidate) };
    },
  };
}

async function readAgain(vault: Vault, name: BaseName): Promise<BaseCandidate | undefined> {
  const { prefix } = vault;
  const [entry] = baseEntries(prefix, name.systemIdentifier, await vault.listAll(baseFolder(prefix, name)));
  const text = entry?.document && (await vault.getText(entry.document.key));
  if (entry?.document === undefined || text === undefined) return undefined;
  const stored = storedBase(parseBase(text, entry.document.key), entry);
  return { stored, entry, mark: await readMark(vault, entry) };
}

async function readMark(vault: Vault, { retired }: BaseEntry): Promise<RetiredBase | undefined> {
  const text = retired && (await vault.getText(retired.key));
  return retired && text !== undefined ? parseRetiredBase(text, retired.key) : undefined;
}

/** By which it is kept or let go. */
function wordsOf({ stored, entry, mark }: BaseCandidate): string {
  const { base, verdict, kept, complete } = stored;
  return JSON.stringify([
    base.attempt,
    base.stoppedAt,
    verdict,
    kept,
    complete,
    entry.retired?.modifiedAt,
    mark?.removeAfter,
    mark?.taggedAt,
  ]);
}
