import type { Wanted } from '../../functions/by-hand/restore/choose-backup.ts';
import { ConfigError } from '../../layers/backup/errors.ts';
import { parseFiredAt } from '../../layers/backup/instant.ts';
import type { BackupName } from '../../layers/backup/keys.ts';
import { type Backup, readBackup, readBackups } from '../../layers/catalog/backups.ts';
import { readCatalog, readEntry } from '../../layers/catalog/read-catalog.ts';
import type { Vault } from '../../layers/vault/vault.ts';

/** What a word of the command line names. */
export interface NamedBackup {
  /** Undefined where the word does not say. */
  readonly database: string | undefined;
  readonly wanted: Wanted;
}

/**
 * Reads `shop/2026-11-23T02-00-00Z`, `2026-11-23T02-00-00Z` or `latest`; and where `times` are welcome
 * `2026-11-23T04:30:00Z`, `2026-11-23 04:30` and `2026-11-23`, in UTC unless they say otherwise.
 *
 * @param database - as --database has it
 * @throws {@link ConfigError} if it is none of these, or names another database than --database
 */
export function parseBackup(word: string, database: string | undefined, times = false): NamedBackup {
  if (word === 'latest') return { database, wanted: { kind: 'latest' } };
  const slash = word.lastIndexOf('/');
  const named = slash < 0 ? undefined : word.slice(0, slash);
  const firedAt = parseFiredAt(word.slice(slash + 1));
  if (named !== undefined && database !== undefined && named !== database && firedAt !== undefined) {
    throw refuse(word, `it is a backup of "${named}", but --database says "${database}"`);
  }
  if (firedAt !== undefined) return { database: named ?? database, wanted: { kind: 'backup', firedAt } };
  const at = times ? parseTime(word) : undefined;
  if (at !== undefined) return { database, wanted: { kind: 'at', at } };
  throw refuse(word, times ? 'this names neither a backup nor a time' : 'this does not name a backup');
}

/**
 * Finds the one backup that a word names.
 *
 * @throws {@link ConfigError} if there is none, or the word does not say of which database
 */
export async function findBackup(vault: Vault, word: string, database: string | undefined): Promise<Backup> {
  const named = parseBackup(word, database);
  const of = named.database ?? (await onlyDatabase(vault));
  const { wanted } = named;
  const found =
    wanted.kind === 'backup'
      ? await readNamed(vault, { database: of, firedAt: wanted.firedAt })
      : (await readBackups(vault, of)).backups[0];
  if (found !== undefined) return found;
  throw refuse(word, `there is no such backup of "${of}"`);
}

/** The database, where the vault has backups of one alone. */
export async function onlyDatabase(vault: Vault): Promise<string> {
  const { entries } = await readCatalog(vault);
  const [only, ...others] = [...entries.keys()].sort();
  if (only !== undefined && others.length === 0) return only;
  const problem =
    only === undefined
      ? `there are no backups in ${vault.bucket}/${vault.prefix}`
      : `there are backups of ${[only, ...others].map((name) => `"${name}"`).join(', ')}`;
  throw new ConfigError({ operation: 'choose the database', problem, hint: 'name it with --database <name>' });
}

async function readNamed(vault: Vault, name: BackupName): Promise<Backup | undefined> {
  const entry = await readEntry(vault, name);
  return entry && readBackup(vault, entry);
}

/** A time of the command line, in UTC unless it says otherwise; undefined if it is none. */
export function parseTime(word: string): Date | undefined {
  const found = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?\s?(Z|UTC|[+-]\d\d(?::?\d\d)?)?$/.exec(word);
  if (!found) return undefined;
  const [, day = '', time = '00:00', zone = 'Z'] = found;
  const at = new Date(`${day}T${time}${zone === 'UTC' ? 'Z' : zone.replace(/^[+-]\d\d$/, '$&:00')}`);
  // The 30th of February parses as a day of March, later than what was asked for.
  const isDay = new Date(`${day}T00:00:00Z`).toJSON()?.startsWith(day);
  return Number.isNaN(at.getTime()) || !isDay ? undefined : at;
}

function refuse(word: string, problem: string): ConfigError {
  const hint = 'run pgvouch list to see the names, such as shop/2026-11-23T02-00-00Z, or use latest';
  return new ConfigError({ operation: 'find backup', subject: word, problem, hint });
}
