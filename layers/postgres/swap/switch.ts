import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { textOf } from '../../backup/errors.ts';
import { connect } from '../connect/connection.ts';
import type { ConnectionTarget } from '../connect/target.ts';
import { MAINTENANCE_DATABASE } from '../places/restore-target.ts';
import { APPLICATION } from './look.ts';
import { type SwitchFailure, switchError } from './switch-error.ts';

/** Two databases, of which one takes the other's name. */
export interface Switch {
  /** The new one, as it is called until then. */
  readonly fresh: string;
  /** As it is called from then on. */
  readonly name: string;
  /** Its comment from then on. */
  readonly comment: string | null;
  /** What PUBLIC may do with it from then on: `CONNECT`. */
  readonly publicPrivileges: readonly string[];
  /** What becomes of the one that has the name now; undefined if none has. */
  readonly old: { readonly name: string; readonly comment: string } | undefined;
}

/** The server itself waits five seconds for sessions to go, each time. */
const PATIENCE_MS = 60_000;
const TERMINATE_EVERY_MS = 100;

/**
 * Gives a new database the name of another, in one transaction: whatever happens there is one of that name, the old or the new.
 * Sessions in the old one are ended. Those that come at that moment wait, and are refused once; then they get the new one.
 *
 * While a rename waits for sessions to go, it lets no new ones in: so those that are there are ended meanwhile, from a second
 * connection.
 *
 * @param patienceMs - how long sessions may stand in the way that we may not end; a minute by default
 * @throws {@link DumpError} if sessions do not go, or the server refuses; then nothing has changed. {@link SwitchUnknown} if it
 * is not known whether it has
 * @throws the signal's reason, before it begins
 * @see src/backend/commands/dbcommands.c, RenameDatabase
 */
export async function switchDatabases(
  target: ConnectionTarget,
  what: Switch,
  signal: AbortSignal,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const [client, other] = [
    await connect(target, MAINTENANCE_DATABASE, APPLICATION),
    await connect(target, MAINTENANCE_DATABASE, APPLICATION),
  ];
  const startedAt = performance.now();
  try {
    for (;;) {
      signal.throwIfAborted();
      const renaming = new AbortController();
      // It may break while the rename is awaited, which may come to its end without it.
      const ending = endSessions(other, what, renaming.signal).then(
        (refused) => ({ refused, broken: undefined }),
        (broken: unknown) => ({ refused: [], broken }),
      );
      const failure = await rename(client, what).finally(() => renaming.abort());
      const { refused, broken } = await ending;
      if (failure === undefined) return;
      const { error } = failure;
      if ((error as { code?: string }).code !== IN_USE) throw switchError(what, textOf(error), failure);
      const problem = `the sessions in it could not be ended: ${textOf(broken)}`;
      if (broken !== undefined) throw switchError(what, problem, { ...failure, error: broken });
      const waitedMs = performance.now() - startedAt;
      if (waitedMs < patienceMs) continue;
      throw switchError(what, await inTheWay(other, what, { refused, waitedMs, error }), failure);
    }
  } finally {
    await Promise.all([client.end().catch(() => {}), other.end().catch(() => {})]);
  }
}

/** object_in_use */
const IN_USE = '55006';
const COMMIT = 'COMMIT';

/** @returns why it did not come to it; undefined if it did */
async function rename(
  client: pg.Client,
  { fresh, name, comment, publicPrivileges, old }: Switch,
): Promise<SwitchFailure | undefined> {
  const database = (one: string) => `DATABASE ${pg.escapeIdentifier(one)}`;
  const textIs = (text: string | null) => (text === null ? 'NULL' : pg.escapeLiteral(text));
  const statements = [
    'BEGIN',
    `SET LOCAL lock_timeout = '10s'`,
    ...(old
      ? [
          `ALTER ${database(name)} RENAME TO ${pg.escapeIdentifier(old.name)}`,
          `COMMENT ON ${database(old.name)} IS ${textIs(old.comment)}`,
        ]
      : []),
    `ALTER ${database(fresh)} RENAME TO ${pg.escapeIdentifier(name)}`,
    `COMMENT ON ${database(name)} IS ${textIs(comment)}`,
    ...(publicPrivileges.length === 0 ? [] : [`GRANT ${publicPrivileges.join(', ')} ON ${database(name)} TO PUBLIC`]),
    COMMIT,
  ];
  let at = '';
  try {
    for (at of statements) await client.query(at);
    return undefined;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    return { error, atCommit: at === COMMIT };
  }
}

interface Session {
  readonly pid: number;
  readonly user: string | null;
  readonly application: string;
}

/** Ends whatever is connected to either, until it is told to stop. @returns those that it may not end */
async function endSessions(client: pg.Client, what: Switch, done: AbortSignal): Promise<readonly Session[]> {
  const refused = new Map<number, Session>();
  const stopped = () => delay(TERMINATE_EVERY_MS, undefined, { signal: done }).catch(() => {});
  // Not before the rename lets nobody in any more.
  for (await stopped(); !done.aborted; await stopped()) {
    for (const session of await sessionsIn(client, what)) {
      if (done.aborted) break;
      await client.query('SELECT pg_catalog.pg_terminate_backend($1)', [session.pid]).catch((error) => {
        if ((error as { code?: string }).code !== '42501') throw error;
        refused.set(session.pid, session);
      });
    }
  }
  return [...refused.values()];
}

/** Of sessions of others, who may not read all statistics sees neither the type nor what they do. */
async function sessionsIn(client: pg.Client, { name, fresh }: Switch): Promise<readonly Session[]> {
  const { rows } = await client.query<Session>(
    `SELECT pid, usename AS "user", application_name AS application FROM pg_catalog.pg_stat_activity
      WHERE datname = ANY ($1::pg_catalog.name[]) AND backend_type IS DISTINCT FROM 'autovacuum worker' ORDER BY pid`,
    [[name, fresh]],
  );
  return rows;
}

interface Blocked {
  readonly refused: readonly Session[];
  readonly waitedMs: number;
  readonly error: unknown;
}

/** A prepared transaction keeps a database in use, too; the server's detail says so. */
async function inTheWay(client: pg.Client, what: Switch, { refused, waitedMs, error }: Blocked): Promise<string> {
  const there = await sessionsIn(client, what).catch(() => refused);
  const names = there.slice(0, 5).map(({ pid, user, application }) => {
    return `pid ${pid} (user ${user ?? 'unknown'}${application === '' ? '' : `, application ${application}`})`;
  });
  const { detail } = error as { detail?: string };
  const who = names.length > 0 ? names.join(', ') : (detail ?? textOf(error));
  return `it was still in use after ${Math.round(waitedMs / 1000)} s: ${who}`;
}
