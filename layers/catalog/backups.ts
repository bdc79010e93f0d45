import type { Entry } from '../backup/catalog.ts';
import { VaultError } from '../backup/errors.ts';
import { formatFiredAt } from '../backup/instant.ts';
import { mapBounded } from '../backup/map-bounded.ts';
import { parseRetired, type Retired } from '../backup/retired.ts';
import { parseStoredManifest, type StoredManifest } from '../backup/sealed-manifest.ts';
import type { VerdictName } from '../backup/verdict.ts';
import type { Vault } from '../vault/vault.ts';
import { readCatalog } from './read-catalog.ts';

/** One backup: what the listing, its manifest and its retirement tell. */
export interface Backup {
  readonly entry: Entry;
  readonly manifest: StoredManifest;
  readonly snapshotAt: Date;
  /** As it was written down; see `standing.ts` for what it is worth. */
  readonly verdict: VerdictName | undefined;
  /** Whether its archive was there when the vault was listed. */
  readonly complete: boolean;
  readonly kept: boolean;
  /** Its retirement, unless it was undone. */
  readonly retired: Retired | undefined;
}

export interface ReadBackups<B> {
  readonly backups: readonly B[];
  /** Entries of which something could not be read, and why. Nothing of theirs is to be touched. */
  readonly unreadable: readonly { readonly entry: Entry; readonly error: unknown }[];
}

/** Requests under way at once. */
const CONCURRENCY = 16;

/**
 * Reads the backups of one database, or of all: the listing, and of each its manifest and its retirement.
 *
 * @returns newest first, by `snapshotAt`
 * @throws {@link VaultError} if the vault cannot be listed
 */
export async function readBackups(vault: Vault, database?: string): Promise<ReadBackups<Backup>> {
  const { entries } = await readCatalog(vault, database);
  const { backups, unreadable } = await readEntries(vault, [...entries.values()].flat(), (backup) => backup);
  return { backups: [...backups].sort(newestFirst), unreadable };
}

/**
 * Reads the backups of entries, in their order. An entry that has no manifest, or whose manifest went meanwhile, is left
 * out.
 *
 * @param take - what is kept of each: manifests are large where tables are many
 */
export async function readEntries<B>(
  vault: Vault,
  entries: readonly Entry[],
  take: (backup: Backup) => B,
): Promise<ReadBackups<B>> {
  const unreadable: ReadBackups<B>['unreadable'][number][] = [];
  const backups = await mapBounded(entries, CONCURRENCY, async (entry) => {
    try {
      const backup = await readBackup(vault, entry);
      return backup === undefined ? [] : [take(backup)];
    } catch (error) {
      unreadable.push({ entry, error });
      return [];
    }
  });
  return { backups: backups.flat(), unreadable };
}

/**
 * The backup that an entry of the catalog is; undefined if it is none, or is gone.
 *
 * @throws {@link VaultError} if something of it cannot be read, or its manifest is another backup's
 */
export async function readBackup(vault: Vault, entry: Entry): Promise<Backup | undefined> {
  const text = entry.manifest && (await vault.getText(entry.manifest.key));
  if (entry.manifest === undefined || text === undefined) return undefined;
  const manifest = parseStoredManifest(text, entry.manifest.key);
  checkName(manifest, entry, entry.manifest.key);
  const mark = entry.retired && (await readRetired(vault, entry.retired.key));
  return {
    entry,
    manifest,
    snapshotAt: new Date(manifest.snapshotAt),
    verdict: entry.verdict,
    complete: entry.archives.some(({ attempt }) => attempt === manifest.attempt),
    kept: entry.kept !== undefined,
    // As older versions undid it.
    retired: mark?.undone ? undefined : mark,
  };
}

async function readRetired(vault: Vault, key: string): Promise<Retired | undefined> {
  const text = await vault.getText(key);
  return text === undefined ? undefined : parseRetired(text, key);
}

function checkName(manifest: StoredManifest, entry: Entry, key: string): void {
  const firedAt = formatFiredAt(new Date(manifest.firedAt));
  if (manifest.database === entry.database && firedAt === formatFiredAt(entry.firedAt)) return;
  throw new VaultError({
    operation: 'read',
    subject: key,
    problem: `the manifest names another backup: ${manifest.database} of ${firedAt}`,
    hint: 'it was copied or moved here; put it back where it belongs',
  });
}

function newestFirst(a: Backup, b: Backup): number {
  return b.snapshotAt.getTime() - a.snapshotAt.getTime() || b.entry.firedAt.getTime() - a.entry.firedAt.getTime();
}
