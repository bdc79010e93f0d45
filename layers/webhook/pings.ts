import { isDeepStrictEqual } from 'node:util';
import { textOf } from '../backup/errors.ts';
import { readSecret } from '../secrets/read-secret.ts';
import type { SecretSource } from '../settings/environment.ts';
import { hasCheckPerDatabase, ONE_CHECK, type PingSignal, type PingSubject, pingUrl } from './ping-url.ts';
import { type Patience, postTo } from './post.ts';

/** What of a log is needed: pino's, or any other. */
export interface PingLog {
  warn(facts: object, message: string): void;
  info(facts: object, message: string): void;
}

export interface PingDeps {
  /** `BACKUP_PING_URL`, a secret: who has it can report a success. Undefined where nobody asked for pings. */
  readonly source: SecretSource | undefined;
  /** The same of a database, where some have their own. */
  readonly sourceOf?: (database: string) => SecretSource | undefined;
  /** Those configured: a ping about no database is about each of them, where each has a check of its own. */
  readonly databases: readonly string[];
  /** Those that are found on the server instead, where some are. */
  readonly found?: () => Promise<readonly string[]>;
  readonly log: PingLog;
  readonly clock: () => Date;
}

/** A backup is worth more than a ping: seven seconds at the very most. */
const PATIENCE: Patience = { timeoutMs: 3_000, retries: 1 };

/** What healthchecks.io keeps at least of a body, in its own default for servers of one's own; more is cut off. */
const MOST_BYTES = 10_000;

/** Tells a dead-man's switch how backups go. */
export type Pings = ReturnType<typeof openPings>;

/**
 * Opens the pings to a service like healthchecks.io, which raises the alarm when it hears nothing. No ping ever rejects
 * or takes longer than some seconds: one that does not get through is logged, without the URL.
 *
 * @see https://healthchecks.io/docs/http_api/
 * @see https://github.com/healthchecks/healthchecks for PING_BODY_LIMIT, the source of how much a body may hold
 */
export function openPings(deps: PingDeps) {
  const { source, sourceOf, databases, found = async () => databases, log, clock } = deps;
  const sourceFor = (database: string | undefined) =>
    database === undefined || sourceOf === undefined ? source : sourceOf(database);

  /** Whether several of the databases share a check, which is of one. */
  const isShared = (one: SecretSource) =>
    databases.filter((database) => isDeepStrictEqual(sourceFor(database), one)).length > 1;

  async function urlOf(signal: PingSignal, subject: PingSubject): Promise<string | undefined> {
    const from = sourceFor(subject.database);
    if (from === undefined) return undefined;
    const template = await readSecret(from, clock().getTime());
    if (isShared(from) && !hasCheckPerDatabase(template)) log.warn({ databases }, `BACKUP_PING_URL ${ONE_CHECK}`);
    return pingUrl(template, signal, subject);
  }

  /** What is about no database is about each of them: it goes to every check that there is. */
  async function subjectsOf(subject: PingSubject): Promise<readonly PingSubject[]> {
    if (subject.database !== undefined) return [subject];
    const template = source && (await readSecret(source, clock().getTime()));
    const areSeveral = sourceOf !== undefined || (template !== undefined && hasCheckPerDatabase(template));
    return areSeveral ? [subject, ...(await found()).map((database) => ({ database }))] : [subject];
  }

  async function ping(signal: PingSignal, subject: PingSubject, body = ''): Promise<void> {
    if (source === undefined && sourceOf === undefined) return;
    try {
      const subjects = await subjectsOf(subject);
      const urls = new Set(await Promise.all(subjects.map((one) => urlOf(signal, one))));
      const post = { body: firstBytes(body), contentType: 'text/plain; charset=utf-8' };
      await Promise.all(
        Array.from(urls, async (url) => {
          if (url !== undefined) await postTo(url, post, PATIENCE);
        }),
      );
      if (urls.size > 1 || !urls.has(undefined)) log.info({ ping: signal, database: subject.database }, 'pinged');
    } catch (error) {
      log.warn({ ping: signal, database: subject.database, problem: textOf(error) }, 'ping not delivered');
    }
  }
  return {
    /** A dump starts. */
    start: (subject: PingSubject) => ping('start', subject),
    /** A backup is proved. */
    success: (subject: PingSubject) => ping('success', subject),
    /** A function has failed for good; of the body at most 10 kB are sent. */
    fail: (subject: PingSubject, body: string) => ping('fail', subject, body),
  };
}

/** Cut between characters, not within one. */
function firstBytes(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MOST_BYTES) return text;
  return bytes
    .subarray(0, MOST_BYTES)
    .toString('utf8')
    .replace(/\ufffd+$/, '');
}
