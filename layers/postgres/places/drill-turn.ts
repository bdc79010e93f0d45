import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { textOf } from '../../backup/errors.ts';
import { connect } from '../connect/connection.ts';
import type { ConnectionTarget } from '../connect/target.ts';
import { dropRole, listMadeRoles } from './drill-roles.ts';

/** Only databases whose names begin so are ever created or dropped. */
const DRILL_PREFIX = 'pgvouch_drill_';

export function drillDatabaseName(): string {
  return `${DRILL_PREFIX}${randomUUID().replaceAll('-', '')}`;
}

/** `vouched` in ASCII: the advisory lock of those who drill on one server. */
const ADVISORY_LOCK = '33336597221500260';
const LEFTOVER = `^${DRILL_PREFIX}[0-9a-f]{32}(_probe)?$`;
const TURN_POLL_MS = 500;

/** Nobody else drills on the server until it ends; it ends with the connection, and so with us. */
export interface Turn {
  end(): Promise<void>;
}

/**
 * Waits until no other drill is held on a server that outlives it, since all share its roles, and clears what killed ones
 * have left.
 *
 * @param onLeftover - called with a sentence for each thing that could not be cleared; that stops nothing
 */
export async function takeTurn(
  target: ConnectionTarget,
  signal: AbortSignal,
  onLeftover: (what: string) => void,
): Promise<Turn> {
  const client = await connect(target, 'postgres', 'pgvouch drill');
  try {
    for (;;) {
      signal.throwIfAborted();
      const { rows } = await client.query<{ mine: boolean }>(`SELECT pg_try_advisory_lock(${ADVISORY_LOCK}) AS mine`);
      if (rows[0]?.mine) break;
      await delay(TURN_POLL_MS);
    }
    const { rows } = await client.query<{ name: string }>(
      'SELECT datname AS name FROM pg_database WHERE datname ~ $1',
      [LEFTOVER],
    );
    await clear(client, { databases: rows.map(({ name }) => name), roles: await listMadeRoles(client) }, onLeftover);
    return client;
  } catch (error) {
    await client.end();
    throw error;
  }
}

export interface Made {
  readonly databases: readonly string[];
  /** By their oids. */
  readonly roles: readonly string[];
}

/** As long as a large database may take: its files go, after a checkpoint. */
const DROP_MS = 60_000;

/**
 * Drops what drills have made; whatever cannot be dropped is reported, and stays until the next drill tries again.
 *
 * @param dropMs - how long each database may take
 */
export async function clear(
  client: pg.Client,
  made: Made,
  onLeftover: (what: string) => void,
  dropMs = DROP_MS,
): Promise<void> {
  const attempt = async (what: string, work: Promise<unknown>) => {
    await work.catch((error) => onLeftover(`The drill's ${what} could not be dropped: ${whyNot(error, dropMs)}.`));
  };
  await client.query(`SET statement_timeout = ${dropMs}`);
  for (const name of made.databases) {
    const drop = `DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`;
    await attempt(`database ${name}`, client.query(drop));
  }
  for (const oid of made.roles) await attempt(`role with oid ${oid}`, dropRole(client, oid));
}

/** From 15 on a drop waits for every process of the server. @see src/backend/storage/ipc/procsignal.c, WaitForProcSignalBarrier */
function whyNot(error: unknown, dropMs: number): string {
  if ((error as { code?: string }).code !== QUERY_CANCELED) return textOf(error);
  return `it took longer than ${dropMs / 1000} s. A process of the server that does not answer may hold it up, such as a worker of an old pglogical: the server's log names it`;
}

const QUERY_CANCELED = '57014';
