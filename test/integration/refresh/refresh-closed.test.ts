import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { switchDatabases } from '../../../layers/postgres/swap/switch.ts';
import { startPgvouch } from '../../support/servers/command-line.ts';
import { PASSWORD } from '../../support/servers/postgres.ts';
import {
  emailsIn,
  gatedMask,
  makeStaging,
  provedBackup,
  type Refreshing,
  refreshing,
} from '../../support/world/refreshes.ts';
import { clearWorlds } from '../../support/world/world.ts';

afterAll(clearWorlds);

test('nobody else may connect to what is made before it is masked; killed then, the old one is there, and the next run clears up', async () => {
  const world = await refreshing();
  const { here, staging } = world;
  await makeStaging(world);
  await provedBackup(world);
  const gate = gatedMask(here);
  world.mask(gate.sql);
  const tester = await roleOf(world, 'tester');

  const { child, ended } = startPgvouch(world.env, 'refresh');
  const made = await expectSoon(async () => (await restored(world)) ?? expect.unreachable('not yet'));

  await expect(connectAs(world, tester, made)).rejects.toMatchObject({ code: '42501' });
  await expect(connectAs(world, tester, staging)).resolves.toBeUndefined();
  expect(await world.record()).toMatchObject({ underWay: { database: made } });
  child.kill('SIGKILL');
  await ended;

  expect(await emailsIn(world)).toBeUndefined();
  expect(await world.databases()).toEqual([staging, made]);
  await gate.open();
  // The server may take a moment to see that the other one is gone.
  const next = await expectSoon(async () => {
    const result = await startPgvouch(world.env, 'refresh').ended;
    expect(result).toMatchObject({ exitCode: 0 });
    return result;
  });
  expect(next.stdout).toContain('masked by');
  expect(await world.databases()).toEqual([staging, expect.stringMatching(/_before_/)]);
  expect((await emailsIn(world))?.[0]).toBe('customer1@invalid');
  expect(await world.record()).not.toHaveProperty('underWay');
});

test('a session that may not be ended keeps the old one in its place, and is named', async () => {
  const world = await refreshing();
  const { here, staging, role } = world;
  await makeStaging(world);
  await here.postgres.sql('postgres', `CREATE DATABASE ${staging}_new OWNER ${role}`);
  const { host, port, user, password } = here.postgres.target;
  const superuser = new pg.Client({ host, port, user, password, database: staging, application_name: 'a superuser' });
  superuser.on('error', () => {});
  await superuser.connect();
  const target = { ...here.postgres.target, user: role, password: PASSWORD };
  const what = {
    ...{ fresh: `${staging}_new`, name: staging, comment: null, publicPrivileges: ['CONNECT'] },
    old: { name: `${staging}_old`, comment: 'the old one' },
  };
  const { signal } = new AbortController();
  try {
    await expect(switchDatabases(target, what, signal, 0)).rejects.toMatchObject({
      name: 'DumpError',
      problem: expect.stringMatching(/still in use .*user postgres, application a superuser/),
      hint: expect.stringContaining('pg_signal_backend'),
    });
    expect(await world.databases()).toEqual([staging, `${staging}_new`]);
  } finally {
    await superuser.end();
  }
  await switchDatabases(target, what, signal);
  expect(await world.databases()).toEqual([staging, `${staging}_old`]);
});

test('a second connection that breaks meanwhile is the reason where sessions stay in the way, and nothing worse', async () => {
  const world = await refreshing();
  const { here, staging, role } = world;
  await makeStaging(world);
  await here.postgres.sql('postgres', `CREATE DATABASE ${staging}_new OWNER ${role}`);
  const { host, port, user, password } = here.postgres.target;
  const superuser = new pg.Client({ host, port, user, password, database: staging });
  superuser.on('error', () => {});
  await superuser.connect();
  const what = {
    ...{ fresh: `${staging}_new`, name: staging, comment: null, publicPrivileges: ['CONNECT'] },
    old: { name: `${staging}_old`, comment: 'the old one' },
  };
  const target = { ...here.postgres.target, user: role, password: PASSWORD };
  const switching = switchDatabases(target, what, new AbortController().signal).catch((error: unknown) => error);
  try {
    // The one that does not rename is the one that looks for sessions.
    await expectSoon(async () => {
      const ended = await here.postgres.sql(
        'postgres',
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE usename = '${role}' AND query LIKE '%pg_stat_activity%'`,
      );
      expect(ended).toHaveLength(1);
    });
    expect(await switching).toMatchObject({
      name: 'DumpError',
      problem: expect.stringContaining('the sessions in it could not be ended: '),
      hint: expect.stringContaining('the old one is in use as before'),
    });
    expect(await world.databases()).toEqual([staging, `${staging}_new`]);
  } finally {
    await superuser.end();
    await switching;
  }
});

/** The database that is made, once it holds what was restored. */
async function restored(world: Refreshing): Promise<string | undefined> {
  const made = (await world.databases()).find((name) => name.includes('_pgvouch_'));
  if (made === undefined) return undefined;
  // Until it is marked and closed, nobody may connect.
  const rows = await world.here.postgres
    .sql<{ email: string }>(made, 'SELECT email FROM customers WHERE id = 100')
    .catch(() => []);
  const masking = await world.here.postgres.sql(
    'postgres',
    `SELECT FROM pg_stat_activity WHERE datname = '${made}' AND query LIKE 'DO %pg_sleep%'`,
  );
  return rows[0]?.email === 'person100@example.com' && masking.length > 0 ? made : undefined;
}

async function roleOf({ here, staging }: Refreshing, name: string): Promise<string> {
  const role = `${name}_${staging}`;
  await here.postgres.sql('postgres', `CREATE ROLE ${role} LOGIN PASSWORD '${PASSWORD.replaceAll("'", "''")}'`);
  return role;
}

async function connectAs({ here }: Refreshing, user: string, database: string): Promise<void> {
  const { host, port, password } = here.postgres.target;
  const client = new pg.Client({ host, port, user, password, database });
  client.on('error', () => {});
  try {
    await client.connect();
  } finally {
    await client.end().catch(() => {});
  }
}

/** Tries until it holds. */
async function expectSoon<T>(attempt: () => Promise<T>): Promise<T> {
  let found: T | undefined;
  await expect
    .poll(
      async () => {
        found = await attempt();
        return true;
      },
      { timeout: 100_000, interval: 50 },
    )
    .toBe(true);
  return found as T;
}
