import { buildCatalog, type Entry } from '../../layers/backup/catalog.ts';
import { databaseFolder } from '../../layers/backup/keys.ts';
import { type Manifest, parseManifest } from '../../layers/backup/manifest.ts';
import { parseRetired, type Retired } from '../../layers/backup/retired.ts';
import type { VerdictName } from '../../layers/backup/verdict.ts';
import type { Vault } from '../../layers/vault/vault.ts';

/** One backup as a person sees it. */
export interface Backup {
  readonly entry: Entry;
  readonly manifest: Manifest;
  readonly snapshotAt: Date;
  readonly verdict: VerdictName | undefined;
  /** Whether its archive is still there. */
  readonly complete: boolean;
  readonly kept: boolean;
  /** Its retirement, unless it was undone. */
  readonly retired: Retired | undefined;
}

export interface ReadBackups {
  /** Newest first, by `snapshotAt`. */
  readonly backups: readonly Backup[];
  /** Backups of which something could not be read, and why. */
  readonly unreadable: readonly { readonly entry: Entry; readonly error: unknown }[];
}

/** Requests under way at once. */
const BATCH = 16;

/**
 * Reads the backups of one database, or of all: the listing, and of each its manifest and its retirement.
 *
 * @throws {@link VaultError} if the vault cannot be listed
 */
export async function readBackups(vault: Vault, database?: string): Promise<ReadBackups> {
  const folder = database === undefined ? vault.prefix : databaseFolder(vault.prefix, database);
  const { entries } = buildCatalog(vault.prefix, await vault.listAll(folder));
  const all = [...entries.values()].flat().filter(({ manifest }) => manifest !== undefined);
  const backups: Backup[] = [];
  const unreadable: ReadBackups['unreadable'][number][] = [];
  for (let start = 0; start < all.length; start += BATCH) {
    const reads = all.slice(start, start + BATCH).map(async (entry) => {
      try {
        const backup = await readBackup(vault, entry);
        if (backup !== undefined) backups.push(backup);
      } catch (error) {
        unreadable.push({ entry, error });
      }
    });
    await Promise.all(reads);
  }
  return { backups: backups.sort(newestFirst), unreadable };
}

/** The backup that an entry of the catalog is; undefined if it is none, or is gone. */
export async function readBackup(vault: Vault, entry: Entry): Promise<Backup | undefined> {
  const text = entry.manifest && (await vault.getText(entry.manifest.key));
  if (entry.manifest === undefined || text === undefined) return undefined;
  const manifest = parseManifest(text, entry.manifest.key);
  const mark = entry.retired && (await vault.getText(entry.retired.key));
  const retired = entry.retired && mark !== undefined ? parseRetired(mark, entry.retired.key) : undefined;
  return {
    entry,
    manifest,
    snapshotAt: new Date(manifest.snapshotAt),
    verdict: entry.verdict,
    complete: entry.archives.some(({ attempt }) => attempt === manifest.attempt),
    kept: entry.kept !== undefined,
    retired: retired?.undone ? undefined : retired,
  };
}

function newestFirst(a: Backup, b: Backup): number {
  return b.snapshotAt.getTime() - a.snapshotAt.getTime() || b.entry.firedAt.getTime() - a.entry.firedAt.getTime();
}
