import { createHash } from 'node:crypto';
import { formatFiredAt } from '../backup/instant.ts';
import type { BackupName } from '../backup/keys.ts';

export type PingSignal = 'start' | 'success' | 'fail';

/** Stands in `BACKUP_PING_URL` for the database, where each has a check of its own. */
const PLACEHOLDER = '{database}';

/** What is wrong with one that lacks it where there are several. */
export const ONE_CHECK =
  'must contain {database}: if several databases share one check, the success of one hides that another was never backed up';

/** What a ping is about: a backup where it is known, for then start and end find each other; else a database, or all. */
export type PingSubject = Partial<BackupName>;

/**
 * The URL of one ping: the configured one itself for success, with `/start` or `/fail` for the others, and with the run
 * that it belongs to. A query of the configured URL stays.
 *
 * @param template - the configured URL, with or without `{database}`
 * @returns undefined if each database has a check of its own and the subject names none
 * @throws Error that does not repeat the URL, if it is none
 * @see https://healthchecks.io/docs/http_api/
 */
export function pingUrl(template: string, signal: PingSignal, { database, firedAt }: PingSubject): string | undefined {
  const perDatabase = hasCheckPerDatabase(template);
  if (perDatabase && database === undefined) return undefined;
  const filled = perDatabase ? template.replaceAll(PLACEHOLDER, slugOf(database ?? '')) : template;
  if (!URL.canParse(filled)) throw new Error('the URL is not an http(s) URL');
  const url = new URL(filled);
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = signal === 'success' ? path : `${path}/${signal}`;
  if (database !== undefined && firedAt !== undefined) url.searchParams.set('rid', runIdOf({ database, firedAt }));
  return url.href;
}

/** Whether a ping goes to the check of one database, not to one for all. */
export function hasCheckPerDatabase(template: string): boolean {
  return template.includes(PLACEHOLDER);
}

/**
 * A database's name as a slug: lower-case ASCII letters, digits, `-` and `_`. A name that is not one already gets eight
 * digits of its hash, so that two names never share a check.
 */
export function slugOf(database: string): string {
  if (/^[a-z0-9_-]+$/.test(database)) return database;
  const plain = database
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '-')
    .replace(/^-+|-+$/g, '');
  const hash = createHash('sha256').update(database).digest('hex').slice(0, 8);
  return plain === '' ? hash : `${plain}-${hash}`;
}

/**
 * The run that makes one backup: the same for every function and every redelivery, made from the backup's name.
 *
 * @returns a UUID of version 8, whose bits are free
 * @see https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-8
 */
export function runIdOf({ database, firedAt }: BackupName): string {
  const bytes = createHash('sha256')
    .update(`${formatFiredAt(firedAt)}/${database}`)
    .digest()
    .subarray(0, 16);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(6) & 0x0f), 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
