import type { Logger } from 'pino';
import { buildCatalog, type Entry, type ListedObject } from '../../layers/backup/catalog.ts';
import { PgvouchError } from '../../layers/backup/errors.ts';
import { DAY_MS } from '../../layers/backup/instant.ts';
import { backupFolder, databaseFolder, serverKey } from '../../layers/backup/keys.ts';
import { isFuture } from '../../layers/backup/present.ts';
import { parseStoredManifest, type StoredManifest } from '../../layers/backup/sealed-manifest.ts';
import type { Vault } from '../../layers/vault/vault.ts';

export interface LatestDeps {
  readonly vault: Vault;
  readonly database: string;
  readonly log: Logger;
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** What a database's folder says of the dumps before this one. */
export interface Latest {
  /** The newest backup whose manifest can be read, and that manifest; undefined if there is none. */
  readonly entry: Entry | undefined;
  readonly manifest: StoredManifest | undefined;
  /** `server.json`, if it is there. */
  readonly adoption: ListedObject | undefined;
}

/** Usually a backup of the last days is there: then nothing older need be listed. */
const RECENT_DAYS = 8;
/** One that is damaged must not stand in the way of the next backup. */
const MAX_READS = 3;

/**
 * Reads the newest backup of a database. One that is dated in the future is the newest only if there is no other.
 *
 * @param known - as it was read a while ago: what is still the newest need not be read again
 * @throws {@link VaultError} if the vault cannot be listed or does not answer
 */
export async function readLatest(deps: LatestDeps, known?: Latest): Promise<Latest> {
  const { vault, database, now, signal, log } = deps;
  const folder = databaseFolder(vault.prefix, database);
  const recent = backupFolder(vault.prefix, { database, firedAt: new Date(now.getTime() - RECENT_DAYS * DAY_MS) });
  let objects = await list(vault, folder, recent, signal);
  if (!newestFirst(deps, objects).some(({ firedAt }) => !isFuture(firedAt, now))) {
    objects = await list(vault, folder, undefined, signal);
  }
  const adoption = objects.find(({ key }) => key === serverKey(vault.prefix, database));
  for (const entry of newestFirst(deps, objects).slice(0, MAX_READS)) {
    if (isSame(entry.manifest, known?.entry?.manifest)) return { entry, manifest: known?.manifest, adoption };
    const key = entry.manifest?.key ?? '';
    const text = await vault.getText(key, signal);
    try {
      if (text !== undefined) return { entry, manifest: parseStoredManifest(text, key), adoption };
    } catch (error) {
      if (!(error instanceof PgvouchError)) throw error;
      log.warn(
        { database, key, err: error },
        'the newest manifest cannot be read: the dump compares with an older one',
      );
    }
  }
  return { entry: undefined, manifest: undefined, adoption };
}

async function list(vault: Vault, folder: string, after: string | undefined, signal: AbortSignal) {
  const objects: ListedObject[] = [];
  for await (const page of vault.listPages(folder, { after, signal })) for (const object of page) objects.push(object);
  return objects;
}

/** Backups, those of the future last. */
function newestFirst({ vault, database, now }: LatestDeps, objects: readonly ListedObject[]): Entry[] {
  const entries = buildCatalog(vault.prefix, objects).entries.get(database) ?? [];
  const rank = ({ firedAt }: Entry) => Number(isFuture(firedAt, now));
  return entries.filter(({ manifest }) => manifest !== undefined).sort((a, b) => rank(a) - rank(b));
}

function isSame(one: ListedObject | undefined, other: ListedObject | undefined): boolean {
  return (
    one?.key === other?.key && one?.etag === other?.etag && one?.modifiedAt.getTime() === other?.modifiedAt.getTime()
  );
}
