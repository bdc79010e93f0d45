import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import type { Vault } from '../../../layers/vault/vault.ts';
import type { WalObject } from '../../../layers/wal/holdings.ts';
import { segmentName } from '../../../layers/wal/segments.ts';
import { PASSWORD } from '../../support/servers/postgres.ts';
import { stockClient } from '../../support/servers/verify-backup.ts';
import { objectBytes } from '../../support/world/wal-world.ts';
import type { RestartablePostgres } from '../campaign/restartable-postgres.ts';
import { until } from './until.ts';

const SEGMENT_SIZE = 16 * 1024 ** 2;
/** A run that was frozen may store the beginning of one that others have finished. */
const SEGMENTS_KEPT = 4;

/** What pg_receivewal has written of one server's WAL. */
export interface Receiver {
  /** Waits until it has all that the server has flushed; starts it again if the server had ended it. */
  caughtUp(): Promise<void>;
  end(): Promise<void>;
}

/** PostgreSQL's own copies of the WAL, one for each server, taken beside the bucket's. */
export interface ReceivedWal {
  receive(server: RestartablePostgres): Promise<Receiver>;
  /** Expects every object that was not compared yet to hold what a copy holds, from the segment's first byte on. */
  expectSame(vault: Vault, objects: readonly WalObject[]): Promise<void>;
  /** How many objects were compared. */
  compared(): number;
}

export async function openReceivedWal(folder: string): Promise<ReceivedWal> {
  const [program, ...args] = await stockClient(18, 'pg_receivewal');
  const copies: string[] = [];
  const compared = new Map<string, number>();
  return {
    async receive(server) {
      const copy = path.join(folder, `received-${copies.length + 1}`);
      mkdirSync(copy);
      copies.push(copy);
      const receiver = openReceiver(server, [program, ...args, '--directory', copy]);
      await receiver.caughtUp();
      return receiver;
    },
    async expectSame(vault, objects) {
      for (const object of objects) {
        // Nothing in the bucket is overwritten.
        const storedAt = compared.get(object.key) ?? object.storedAt.getTime();
        expect({ key: object.key, storedAt: object.storedAt.getTime() }).toEqual({ key: object.key, storedAt });
        if (compared.has(object.key)) continue;
        const bytes = await objectBytes(vault, object.key);
        const name = segmentName(object.timeline, object.number, SEGMENT_SIZE);
        const found = copies.flatMap(
          (copy) => read(path.join(copy, name)) ?? read(path.join(copy, `${name}.partial`)) ?? [],
        );
        const same = found.some((copy) => copy.subarray(0, bytes.length).equals(bytes));
        expect({ key: object.key, copies: found.length, same }).toMatchObject({ same: true });
        compared.set(object.key, storedAt);
      }
      for (const copy of copies) dropCompared(copy);
    },
    compared: () => compared.size,
  };
}

function openReceiver(server: RestartablePostgres, [program = '', ...args]: readonly string[]): Receiver {
  let running: { readonly child: ChildProcess; ended: boolean } | undefined;
  const { host, port, user } = server.target;
  const start = () => {
    const child = spawn(
      program,
      [
        ...args,
        '--host',
        host,
        '--port',
        String(port),
        '--username',
        user,
        '--no-loop',
        '--synchronous',
        '--status-interval=1',
      ],
      { env: { PGPASSWORD: PASSWORD, PGAPPNAME: 'beside' }, stdio: 'ignore' },
    );
    const started = { child, ended: false };
    child.once('close', () => {
      started.ended = true;
    });
    running = started;
  };
  return {
    async caughtUp() {
      const [at] = await server.sql<{ lsn: string }>('postgres', `SELECT (${FLUSHED})::text AS lsn`);
      const reached = `SELECT FROM pg_stat_replication WHERE application_name = 'beside' AND flush_lsn >= '${at?.lsn}'`;
      await until('pg_receivewal has all WAL', async () => {
        if (running === undefined || running.ended) start();
        return (await server.sql('postgres', reached)).length > 0;
      });
    },
    async end() {
      if (running === undefined || running.ended) return;
      const closed = once(running.child, 'close');
      running.child.kill('SIGKILL');
      await closed;
    },
  };
}

/** Of a standby, too. */
export const FLUSHED =
  'CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_flush_lsn() END';

function read(file: string): Buffer | undefined {
  return existsSync(file) ? readFileSync(file) : undefined;
}

function dropCompared(copy: string): void {
  const whole = readdirSync(copy)
    .filter((name) => /^[0-9A-F]{24}$/.test(name))
    .sort();
  for (const name of whole.slice(0, -SEGMENTS_KEPT)) rmSync(path.join(copy, name));
}
