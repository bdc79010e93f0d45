import { formatAt, formatFiredAt, parseInstant } from './instant.ts';
import { decodeSegment, encodeSegment } from './key-segment.ts';
import type { VerdictName } from './verdict.ts';
import { VERDICTS } from './verdict.ts';

/** One of our objects, as its key says. `at` and `firedAt` are instants; a foreign key is undefined. */
export type ParsedKey =
  | { kind: 'archive' | 'globals'; database: string; firedAt: Date; attempt: string }
  | { kind: DocumentKind; database: string; firedAt: Date }
  | { kind: 'verdict'; database: string; firedAt: Date; verdict: VerdictName }
  | { kind: 'failure'; database: string | undefined; at: Date };

/** Documents of a backup that are called as they are: `manifest.json`. */
type DocumentKind = 'manifest' | 'drill' | 'retired' | 'undone' | 'kept' | 'accepted';

export interface BackupName {
  readonly database: string;
  readonly firedAt: Date;
}

/** The folder of one database, under the prefix, with its slash. */
export function databaseFolder(prefix: string, database: string): string {
  return `${prefix}${encodeSegment(database)}/`;
}

/** The folder of one backup, under the prefix, with its slash. */
export function backupFolder(prefix: string, name: BackupName): string {
  return `${databaseFolder(prefix, name.database)}${formatFiredAt(name.firedAt)}/`;
}

/** The archive's key. `attempt` is a fresh UUID, which makes archives immutable. */
export function archiveKey(prefix: string, name: BackupName, attempt: string): string {
  return `${backupFolder(prefix, name)}archive-${attempt}.dump`;
}

/** The key of an object that is sealed for age's recipients; whoever reads it tells by that. */
export function sealedKey(key: string): string {
  return `${key}${SEALED}`;
}

export function isSealedKey(key: string): boolean {
  return key.endsWith(SEALED);
}

/** The key that it would have if it were not sealed; so it is with the name of a file. */
export function openKey(key: string): string {
  return isSealedKey(key) ? key.slice(0, -SEALED.length) : key;
}

const SEALED = '.age';

export function globalsKey(prefix: string, name: BackupName, attempt: string): string {
  return `${backupFolder(prefix, name)}globals-${attempt}.sql`;
}

export function manifestKey(prefix: string, name: BackupName): string {
  return `${backupFolder(prefix, name)}manifest.json`;
}

export function verdictKey(prefix: string, name: BackupName, verdict: VerdictName): string {
  return `${backupFolder(prefix, name)}verdict-${verdict}.json`;
}

/** How far a drill has come that one run of verify could not finish. */
export function drillKey(prefix: string, name: BackupName): string {
  return `${backupFolder(prefix, name)}drill.json`;
}

export function retiredKey(prefix: string, name: BackupName): string {
  return `${backupFolder(prefix, name)}retired.json`;
}

/** Undoes `retired.json`, if it was written no earlier. */
export function undoneKey(prefix: string, name: BackupName): string {
  return `${backupFolder(prefix, name)}undone.json`;
}

export function keptKey(prefix: string, name: BackupName): string {
  return `${backupFolder(prefix, name)}kept.json`;
}

/** A person's word that the backup holds what it should. */
export function acceptedKey(prefix: string, name: BackupName): string {
  return `${backupFolder(prefix, name)}accepted.json`;
}

/** The failure record's key; a failure that belongs to no database stands directly under the prefix. */
export function failureKey(prefix: string, database: string | undefined, at: Date): string {
  const folder = database === undefined ? prefix : databaseFolder(prefix, database);
  return `${folder}failures/${formatAt(at)}.json`;
}

/**
 * What was sent to people about the failures of one function; see {@link Trouble}. It stands beside the failure records, and
 * {@link parseKey} leaves it to notify.
 */
export function troubleKey(prefix: string, database: string | undefined, functionName: string): string {
  const folder = database === undefined ? prefix : databaseFolder(prefix, database);
  return `${folder}failures/trouble-${encodeSegment(functionName)}.json`;
}

/** A person's word which server is a database's; {@link parseKey} leaves it to dump. */
export function serverKey(prefix: string, database: string): string {
  return `${databaseFolder(prefix, database)}server.json`;
}

/** What retention's last run reported; the exporter reads it. It has no folder, so no database can be called so. */
export function retentionReportKey(prefix: string): string {
  return `${prefix}retention.json`;
}

/** Which databases the server had when it was last asked. It has no folder, so no database can be called so. */
export function foundDatabasesKey(prefix: string): string {
  return `${prefix}databases.json`;
}

/** How a refresh of another database went; see refresh-record.ts. It has no folder, so no database can be called so. */
export function refreshKey(prefix: string, refresh: string): string {
  return `${prefix}refresh-${refresh}.json`;
}

/** The exporter's own notes; see layers/catalog/listing/notes.ts. Nobody else reads it, and it may go at any time. */
export function summaryKey(prefix: string): string {
  return `${prefix}summary.json`;
}

/** Retention's own notes; see functions/retention/notes.ts. Nobody else reads them, and they may go at any time. */
export function retentionNotesKey(prefix: string): string {
  return `${prefix}retention-notes.json`;
}

/** Where the failure records of a database's folder begin: after its backups, whose folders begin with a digit. */
export function failureFolder(folder: string): string {
  return `${folder}failures/`;
}

const BACKUP_OBJECT =
  /^([^/]+)\/(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ)\/(?:(archive|globals)-([0-9a-f-]{36})\.(dump|sql)(?:\.age)?|(manifest|drill|retired|undone|kept|accepted)\.json|verdict-([a-z]+)\.json)$/;
const FAILURE = /^(?:([^/]+)\/)?failures\/(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z)\.json$/;

/**
 * Reads a key of the vault. Everything that does not have exactly our shape is `undefined`: it is not ours to touch.
 *
 * @param prefix - the vault's prefix, with its slash
 */
export function parseKey(prefix: string, key: string): ParsedKey | undefined {
  if (!key.startsWith(prefix)) return undefined;
  const path = key.slice(prefix.length);
  const failure = FAILURE.exec(path);
  if (failure) {
    const at = parseInstant(failure[2]);
    const database = failure[1] === undefined ? undefined : decodeSegment(failure[1]);
    if (at === undefined || (failure[1] !== undefined && database === undefined)) return undefined;
    return { kind: 'failure', database, at };
  }
  const found = BACKUP_OBJECT.exec(path);
  if (!found) return undefined;
  const [, folder = '', firedAtText, blob, attempt = '', extension, document, verdict] = found;
  const database = decodeSegment(folder);
  const firedAt = parseInstant(firedAtText);
  if (database === undefined || firedAt === undefined) return undefined;
  if (document !== undefined) return { kind: document as DocumentKind, database, firedAt };
  if (verdict !== undefined) {
    const name = VERDICTS.find((known) => known === verdict);
    return name && { kind: 'verdict', database, firedAt, verdict: name };
  }
  if ((blob === 'archive') !== (extension === 'dump')) return undefined;
  return { kind: blob as 'archive' | 'globals', database, firedAt, attempt };
}
