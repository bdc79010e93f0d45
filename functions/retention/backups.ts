import type { Entry } from '../../layers/backup/catalog.ts';
import { VaultError } from '../../layers/backup/errors.ts';
import { formatFiredAt } from '../../layers/backup/keys.ts';
import { type Manifest, parseManifest } from '../../layers/backup/manifest.ts';
import { mapBounded } from '../../layers/backup/map-bounded.ts';
import type { RetentionCandidate } from '../../layers/backup/retention.ts';
import { parseRetired, type Retired } from '../../layers/backup/retired.ts';
import type { Vault } from '../../layers/vault/vault.ts';

/** One backup as retention sees it. */
export interface Backup extends RetentionCandidate {
  readonly entry: Entry;
  /** The UUID of its own archive and globals; others beside them are orphans. */
  readonly attempt: string;
  /** Whether its archive was there when the vault was listed. */
  readonly complete: boolean;
  /** Its retirement, unless it was undone. */
  readonly mark: Retired | undefined;
  /** Whether a mark stands that was undone before this run. */
  readonly undone: boolean;
}

export interface ReadBackups {
  readonly backups: readonly Backup[];
  /** Entries that could not be read, and why. Nothing of theirs is to be touched. */
  readonly unreadable: readonly { readonly entry: Entry; readonly error: unknown }[];
}

/** Requests under way at once. */
export const CONCURRENCY = 8;

/** Reads the manifests and marks of one database's entries. An entry whose manifest went meanwhile is left out. */
export async function readBackups(vault: Vault, entries: readonly Entry[]): Promise<ReadBackups> {
  const unreadable: ReadBackups['unreadable'][number][] = [];
  const backups = await mapBounded(entries, CONCURRENCY, async (entry) => {
    try {
      return await readBackup(vault, entry);
    } catch (error) {
      unreadable.push({ entry, error });
      return undefined;
    }
  });
  return { backups: backups.filter((backup) => backup !== undefined), unreadable };
}

async function readBackup(vault: Vault, entry: Entry): Promise<Backup | undefined> {
  if (entry.manifest === undefined) return undefined;
  const text = await vault.getText(entry.manifest.key);
  if (text === undefined) return undefined;
  const manifest = parseManifest(text, entry.manifest.key);
  checkName(manifest, entry, entry.manifest.key);
  const mark = entry.retired && (await readMark(vault, entry.retired.key));
  const complete = entry.archives.some(({ attempt }) => attempt === manifest.attempt);
  return {
    database: entry.database,
    firedAt: entry.firedAt,
    snapshotAt: new Date(manifest.snapshotAt),
    // A good verdict says nothing any more once the archive is gone: such a backup must not stand for a proof.
    verdict: complete || entry.verdict === undefined ? entry.verdict : 'corrupt',
    kept: entry.kept !== undefined,
    entry,
    attempt: manifest.attempt,
    complete,
    mark: mark?.undone ? undefined : mark,
    undone: mark?.undone !== undefined,
  };
}

/** The mark, undone or not, or undefined if it is not there. */
export async function readMark(vault: Vault, key: string): Promise<Retired | undefined> {
  const text = await vault.getText(key);
  return text === undefined ? undefined : parseRetired(text, key);
}

function checkName(manifest: Manifest, entry: Entry, key: string): void {
  const firedAt = formatFiredAt(new Date(manifest.firedAt));
  if (manifest.database === entry.database && firedAt === formatFiredAt(entry.firedAt)) return;
  throw new VaultError({
    operation: 'read',
    subject: key,
    problem: `the manifest names another backup: ${manifest.database} of ${firedAt}`,
    hint: 'it was copied or moved here; put it back where it belongs',
  });
}
