import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { libpqEnvironment } from '../../../layers/postgres/connect/connection.ts';
import type { TargetSessionAttrs } from '../../../layers/postgres/connect/hosts.ts';
import { readTarget, WALSENDER } from '../../../layers/postgres/connect/read-target.ts';
import { freePort } from '../../support/servers/postgres.ts';
import { type Replication, startReplication } from '../../support/servers/standby.ts';
import { clientBin } from '../../support/world/client-folder.ts';
import { ownDrillPlace } from '../../support/world/drill-place.ts';
import { type World, world } from '../../support/world/world.ts';

let replication: Replication;
// What its primary wants gone is not kept back for a dump, so that conflicts come at once.
beforeAll(async () => {
  replication = await startReplication({ max_standby_streaming_delay: '0', hot_standby_feedback: 'off' });
  // Without unlogged sequences: after a promotion PostgreSQL 18.4 itself may not be able to read them.
  await replication.primary.createDatabase('promoted');
  await replication.primary.sql('promoted', 'CREATE TABLE orders AS SELECT generate_series(1, 5000) AS id');
  await replication.caughtUp();
}, 120_000);
afterAll(() => replication?.end());

/** A database with a table, an unlogged one and sequences, as the standby shows it. */
async function onStandby(): Promise<World> {
  const here = await world({ postgres: replication.standby, drillPlace: ownDrillPlace() });
  await replication.primary.sql(
    here.database,
    `CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);
     INSERT INTO orders (note) SELECT repeat(md5(g::text), 20) FROM generate_series(1, 5000) g;
     CREATE UNLOGGED TABLE passing (id int GENERATED ALWAYS AS IDENTITY, note text);
     INSERT INTO passing (note) VALUES ('gone after a crash')`,
  );
  await replication.caughtUp();
  return here;
}

test('a standby is backed up as its primary would be, but for the rows of unlogged tables', async () => {
  const here = await onStandby();
  const manifest = await here.dump();
  expect(manifest).toMatchObject({ server: { standby: true, systemIdentifier: expect.any(String) } });
  expect(manifest.tables).toMatchObject([{ schema: 'public', name: 'orders', rows: 5000 }]);
  expect(manifest.remarks).toEqual([
    {
      lacks: 'rows of unlogged tables',
      text: 'The backup lacks the rows of unlogged tables (public.passing): a standby does not have them.',
    },
  ]);
  expect(await here.verify(manifest)).toMatchObject({ verdict: 'restorable', drill: { compared: { rows: 5000 } } });
});

test('a reader that is almost PostgreSQL: whatever it refuses is not needed, and what it does not tell is said', async () => {
  const here = await world({ postgres: replication.standby });
  await replication.primary.sql(here.database, 'CREATE TABLE orders AS SELECT generate_series(1, 10) AS id');
  // As Aurora answers. A built-in function is called whatever its definition says, so another one takes its name.
  const refuse = (name: string, returns: string) => `ALTER FUNCTION pg_catalog.${name}() RENAME TO ${name}_really;
    CREATE FUNCTION pg_catalog.${name}() RETURNS ${returns} LANGUAGE plpgsql
    AS 'BEGIN RAISE feature_not_supported USING MESSAGE = ''not supported here''; END';`;
  const almost = async (functions: string) => {
    await replication.primary.sql(here.database, `SET allow_system_table_mods = on; ${functions}`);
    await replication.caughtUp();
  };
  const past = new Date(Date.now() - 60_000);

  const [before] = await here.sql<{ at: Date }>('SELECT clock_timestamp() AS at');
  await almost(
    `${refuse('pg_last_wal_receive_lsn', 'pg_lsn')} ${refuse('pg_last_wal_replay_lsn', 'pg_lsn')}
     ALTER FUNCTION pg_catalog.pg_control_system() RENAME TO pg_control_system_really`,
  );
  const replayed = await here.dump(undefined, { firedAt: past });
  expect(replayed).toMatchObject({ server: { standby: true, systemIdentifier: null }, tables: [{ rows: 10 }] });
  expect(replayed.remarks).toBeUndefined();
  const [last] = await here.sql<{ at: Date }>('SELECT pg_last_xact_replay_timestamp() AS at');
  expect(new Date(replayed.snapshotAt).getTime()).toBeLessThanOrEqual(last?.at.getTime() ?? 0);
  expect(new Date(replayed.snapshotAt).getTime()).toBeGreaterThan(before?.at.getTime() ?? Number.POSITIVE_INFINITY);

  await almost(refuse('pg_last_xact_replay_timestamp', 'timestamptz'));
  const unknown = await here.dump();
  expect(unknown.remarks).toEqual([{ text: expect.stringContaining('may be older than the backup says') }]);
  expect(await here.verify(unknown)).toMatchObject({ verdict: 'readable' });
});

test('what it has not replayed yet is not in the backup, and the backup says of when it is', async () => {
  const here = await onStandby();
  await here.sql('SELECT pg_wal_replay_pause()');
  try {
    const [before] = await replication.primary.sql<{ at: Date }>(here.database, 'SELECT clock_timestamp() AS at');
    await replication.primary.sql(here.database, `INSERT INTO orders (note) VALUES ('too late')`);
    const manifest = await here.dump();
    expect(manifest.tables).toMatchObject([{ schema: 'public', name: 'orders', rows: 5000 }]);
    expect(new Date(manifest.snapshotAt).getTime()).toBeLessThanOrEqual(before?.at.getTime() ?? 0);
  } finally {
    await here.sql('SELECT pg_wal_replay_resume()');
  }
  await replication.caughtUp();
  const next = await here.dump(here.database, { firedAt: new Date(Date.now() + 1000) });
  expect(next.tables).toMatchObject([{ schema: 'public', name: 'orders', rows: 5001 }]);
});

describe('of several hosts', () => {
  const host = '127.0.0.1';
  const ports = async () => {
    const [primary, standby] = [replication.primary.target.port, replication.standby.target.port];
    return { primary, standby, nobody: await freePort() };
  };
  const config = (hosts: readonly number[], targetSessionAttrs: TargetSessionAttrs) => {
    const { host: _, port: __, password: value = '', ...rest } = replication.primary.target;
    const password = { name: 'POSTGRES_PASSWORD', value };
    return { ...rest, password, hosts: hosts.map((port) => ({ host, port })), targetSessionAttrs };
  };
  const chosen = async (...args: Parameters<typeof config>) =>
    (await readTarget(config(...args), 0, { database: 'promoted' })).port;

  /** libpq by itself. */
  async function chosenByLibpq(hosts: readonly number[], attrs: TargetSessionAttrs): Promise<number | undefined> {
    const env = {
      ...libpqEnvironment(replication.primary.target, 'promoted'),
      ...{ PGHOST: hosts.map(() => host).join(','), PGPORT: hosts.join(','), PGTARGETSESSIONATTRS: attrs },
    };
    const args = ['--no-psqlrc', '--no-password', '-tAc', 'SELECT inet_server_port()'];
    const asked = promisify(execFile)(path.join(clientBin(18), 'psql'), args, { env });
    return asked.then(({ stdout }) => Number(stdout)).catch(() => undefined);
  }

  test.each(['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'] as const)(
    '%s chooses the one that libpq chooses',
    async (attrs) => {
      const { primary, standby, nobody } = await ports();
      const orders = [
        [nobody, primary, standby],
        [nobody, standby, primary],
        [nobody, primary],
      ];
      for (const order of orders) {
        const theirs = await chosenByLibpq(order, attrs);
        if (theirs === undefined)
          await expect(chosen(order, attrs)).rejects.toThrow(/ECONNREFUSED.*; 127.0.0.1:\d+: it/);
        else expect(await chosen(order, attrs)).toBe(theirs);
      }
    },
  );

  test('a walsender is the primary’s, and the server has one name whichever answers', async () => {
    const { primary, standby } = await ports();
    const target = await readTarget(config([standby, primary], 'primary'), 0, WALSENDER);
    expect(target).toMatchObject({ host, port: primary, serverName: `${host}:${standby},${host}:${primary}` });
  });
});

describe('while it is backed up', () => {
  test('a conflict with what it replays fails the dump with a hint, leaves nothing, and the next one works', async () => {
    const here = await onStandby();
    const struck = here.dump(here.database, {
      onStep: async (step) => {
        if (step !== 'relisted') return;
        await replication.primary.sql(here.database, 'DELETE FROM orders WHERE id > 10');
        await replication.primary.sql(here.database, 'VACUUM (FREEZE) orders');
        await replication.caughtUp();
      },
    });
    await expect(struck).rejects.toMatchObject({
      name: 'DumpError',
      problem: expect.stringMatching(/conflict with recovery/),
      hint: expect.stringMatching(/hot_standby_feedback/),
    });
    expect(await here.keys()).toEqual([]);
    expect(await here.unfinishedUploads()).toEqual([]);

    const manifest = await here.dump();
    expect(manifest.tables).toMatchObject([{ schema: 'public', name: 'orders', rows: 10 }]);
    expect(await here.verify(manifest)).toMatchObject({ verdict: 'restorable' });
  });

  test('its primary dies: the backup is whole', async () => {
    const here = await onStandby();
    const manifest = await here.dump(here.database, {
      onStep: async (step) => (step === 'exported' ? replication.primary.kill() : undefined),
    });
    expect(await here.verify(manifest)).toMatchObject({ verdict: 'restorable', drill: { compared: { rows: 5000 } } });
  });

  test('it is promoted: the backup is whole, and the next one is a primary’s', async () => {
    const here = await world({
      postgres: { ...replication.standby, createDatabase: async () => {} },
      ...{ database: 'promoted', drillPlace: ownDrillPlace() },
    });
    const manifest = await here.dump('promoted', {
      onStep: async (step) => void (step === 'exported' && (await here.sql('SELECT pg_promote()'))),
    });
    expect(manifest.server.standby).toBe(true);
    expect(await here.verify(manifest)).toMatchObject({ verdict: 'restorable' });
    const next = await here.dump('promoted', { firedAt: new Date(Date.now() + 1000) });
    expect(next.server.standby).toBe(false);
    expect(await here.verify(next)).toMatchObject({ verdict: 'restorable' });
  });
});
