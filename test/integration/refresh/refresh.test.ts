import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { refreshKey } from '../../../layers/backup/keys.ts';
import { pgvouch } from '../../support/servers/command-line.ts';
import { PASSWORD } from '../../support/servers/postgres.ts';
import { ownDrillPlace } from '../../support/world/drill-place.ts';
import { emailsIn, makeStaging, provedBackup, type Refreshing, refreshing } from '../../support/world/refreshes.ts';
import { clearWorlds } from '../../support/world/world.ts';

afterAll(clearWorlds);

test('a database becomes the newest proved backup, masked, under an application that is connected all the time', async () => {
  const world = await refreshing({}, { drillPlace: ownDrillPlace() });
  const { here, env, staging, role } = world;
  await makeStaging(world);
  await here.postgres.sql('postgres', `COMMENT ON DATABASE ${staging} IS 'of the testers'`);
  await here.postgres.sql('postgres', `ALTER DATABASE ${staging} SET work_mem = '7MB'`);
  await here.postgres.sql('postgres', `ALTER DATABASE ${staging} CONNECTION LIMIT 20`);
  await here.postgres.sql('postgres', `REVOKE TEMPORARY ON DATABASE ${staging} FROM PUBLIC`);
  const manifest = await here.dump();
  expect(await here.verify(manifest)).toMatchObject({ verdict: 'restorable' });
  // Newer, and not proved.
  await here.sql('DELETE FROM orders');
  await here.dump(here.database, { firedAt: new Date(Date.now() + 60_000) });
  const app = `app_${staging}`;
  await here.postgres.sql('postgres', `CREATE ROLE ${app} LOGIN PASSWORD '${PASSWORD.replaceAll("'", "''")}'`);
  const application = applicationIn(world, app);

  const { stdout, stderr, exitCode } = await pgvouch(env, 'refresh', 'staging', '--json');

  expect(exitCode, stderr).toBe(0);
  const { current, outcome } = JSON.parse(stdout);
  expect(outcome).toBe('refreshed');
  expect(current).toMatchObject({
    backup: { firedAt: manifest.firedAt, snapshotAt: manifest.snapshotAt },
    ...{ compared: { tables: 2, rows: 150 }, previous: expect.stringContaining(`${staging}_before_`), remarks: [] },
  });
  const emails = (await emailsIn(world)) ?? [];
  expect(emails).toHaveLength(100);
  expect(emails.every((email) => email.endsWith('@invalid'))).toBe(true);
  expect(await here.postgres.sql(staging, 'SELECT FROM orders')).toHaveLength(50);

  // It was in the old one, was cut off, and is in the new one.
  await expect.poll(application.sees, { timeout: 60_000 }).toBe('new');
  expect(application.saw()).toEqual(['old', 'new']);

  // What people have set for the database is as it was, on the new one and on the one before.
  expect(await propertiesOf(world, staging)).toEqual({
    ...{ owner: role, limit: 20, comment: 'of the testers', settings: ['work_mem=7MB'], temp: false, connect: true },
  });
  expect(await propertiesOf(world, current.previous)).toMatchObject({
    comment: expect.stringMatching(/^pgvouch refresh staging: this was /),
  });
  expect(await here.postgres.sql(current.previous, 'SELECT FROM old')).toHaveLength(1);
  expect(await world.databases()).toEqual([staging, current.previous]);
  expect(await world.record()).toMatchObject({
    ...{ refresh: 'staging', from: here.database, current, last: { outcome: 'refreshed' } },
  });
  // Nothing that was masked is left in the planner's statistics.
  const statistics = await here.postgres.sql<{ values: string | null }>(
    staging,
    `SELECT histogram_bounds::text AS values FROM pg_stats WHERE tablename = 'customers' AND attname = 'email'`,
  );
  expect(statistics[0]?.values).toContain('@invalid');
  expect(statistics[0]?.values).not.toContain('@example.com');
});

test('materialized views hold what was masked, also those that read others', async () => {
  const world = await refreshing();
  const { here, env, staging } = world;
  await here.sql(`
    CREATE MATERIALIZED VIEW mailing AS SELECT id, email FROM customers;
    CREATE VIEW mailed AS SELECT * FROM mailing;
    CREATE MATERIALIZED VIEW addresses AS SELECT email FROM mailed;
    CREATE MATERIALIZED VIEW never AS SELECT email FROM customers WITH NO DATA`);
  await makeStaging(world);
  await provedBackup(world);
  const done = await pgvouch(env, 'refresh');
  expect(done, done.stderr).toMatchObject({ exitCode: 0 });
  for (const view of ['mailing', 'addresses']) {
    const rows = await here.postgres.sql<{ email: string }>(staging, `SELECT email FROM ${view}`);
    expect(rows).toHaveLength(100);
    expect(rows.filter(({ email }) => !email.endsWith('@invalid'))).toEqual([]);
  }
  const filled = `SELECT relispopulated AS filled FROM pg_class WHERE relname = 'never'`;
  expect(await here.postgres.sql(staging, filled)).toEqual([{ filled: false }]);
});

test('what is there already is left alone, unless --again; the one before the last is dropped', async () => {
  const world = await refreshing();
  const { env, staging } = world;
  await makeStaging(world);
  await provedBackup(world, new Date(Date.now() - 60_000));
  expect(await pgvouch(env, 'refresh')).toMatchObject({ exitCode: 0 });
  const [, first] = await world.databases();

  const again = await pgvouch(env, 'refresh');
  expect(again).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('already, the newest proved backup') });
  expect(await world.databases()).toEqual([staging, first]);
  expect(await world.record()).toMatchObject({ last: { outcome: 'unchanged' } });

  // Another way to mask it, or --again.
  world.mask(`UPDATE customers SET email = 'gone' || id;`);
  await untilNextSecond();
  expect(await pgvouch(env, 'refresh')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('is shop_') });
  expect((await emailsIn(world))?.[0]).toBe('gone1');
  const [, second, ...others] = await world.databases();
  expect(others).toEqual([]);
  expect(second).not.toBe(first);

  await untilNextSecond();
  expect(await pgvouch(env, 'refresh', '--again')).toMatchObject({ exitCode: 0 });
  expect(await world.databases()).toEqual([staging, expect.not.stringContaining(String(second))]);
});

test('a database that does not exist yet is made, and nothing is put aside', async () => {
  const world = await refreshing({ masking: '' });
  await provedBackup(world);
  const dry = await pgvouch(world.env, 'refresh', 'staging', '--dry-run');
  expect(dry).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('which does not exist yet') });
  expect(await world.databases()).toEqual([]);
  const made = await pgvouch(world.env, 'refresh', 'staging');
  expect(made, made.stderr).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('nothing was masked') });
  expect(await world.databases()).toEqual([world.staging]);
  expect((await emailsIn(world))?.[0]).toBe('person1@example.com');
  expect(await propertiesOf(world, world.staging)).toMatchObject({ connect: true, temp: true, comment: null });
});

test('keepPrevious: false drops the one before', async () => {
  const world = await refreshing({ keepPrevious: 'false' });
  await makeStaging(world);
  await provedBackup(world);
  const done = await pgvouch(world.env, 'refresh');
  expect(done, done.stderr).toMatchObject({ exitCode: 0 });
  expect(await world.databases()).toEqual([world.staging]);
  expect(await world.record()).toMatchObject({ current: { previous: null } });
});

test('what a person keeps by renaming it stays, and so does what only the record names; no mark stays on the new one', async () => {
  const world = await refreshing();
  const { here, env, staging, role } = world;
  const sql = (text: string) => here.postgres.sql('postgres', text);
  await makeStaging(world);
  await provedBackup(world);
  expect(await pgvouch(env, 'refresh')).toMatchObject({ exitCode: 0 });
  const [, before] = await world.databases();
  // It goes back to what was there before, and keeps the other one.
  await sql(`ALTER DATABASE ${staging} RENAME TO ${staging}_mine`);
  await sql(`ALTER DATABASE ${before} RENAME TO ${staging}`);
  await sql(`COMMENT ON DATABASE ${staging}_mine IS 'pgvouch refresh staging: this was "${staging}" until today'`);
  const other = `other_${staging}`;
  await here.postgres.createDatabase(other, `OWNER ${role}`);
  const record = (await world.record()) ?? expect.unreachable('no record');
  const underWay = { backup: record.current?.backup, startedAt: new Date().toISOString(), database: other };
  await here.vault.put(refreshKey(here.vault.prefix, 'staging'), JSON.stringify({ ...record, underWay }));
  await untilNextSecond();

  const again = await pgvouch(env, 'refresh');
  expect(again, again.stderr).toMatchObject({ exitCode: 0 });

  expect(await world.databases()).toEqual([staging, expect.stringContaining('_before_'), `${staging}_mine`]);
  expect(await propertiesOf(world, staging)).toMatchObject({ comment: null });
  expect(await propertiesOf(world, other)).toMatchObject({ owner: role });
});

/** An application that asks all the time, and connects anew whenever its connection breaks. */
function applicationIn({ here: { postgres }, staging }: Refreshing, user: string) {
  const saw: string[] = [];
  let ended = false;
  const run = async () => {
    while (!ended) {
      const { host, port, password } = postgres.target;
      const client = new pg.Client({ host, port, user, password, database: staging });
      client.on('error', () => {});
      try {
        await client.connect();
        while (!ended) {
          const { rows } = await client.query<{ sees: string }>(
            `SELECT CASE WHEN to_regclass('old') IS NULL THEN 'new' ELSE 'old' END AS sees`,
          );
          const sees = rows[0]?.sees ?? '';
          if (saw.at(-1) !== sees) saw.push(sees);
          await pause(5);
        }
      } catch {
        // As applications do: it connects anew.
      } finally {
        await client.end().catch(() => {});
      }
    }
  };
  const running = run();
  onTestFinished(async () => {
    ended = true;
    await running;
  });
  return { sees: () => saw.at(-1), saw: () => saw };
}

async function propertiesOf({ here: { postgres } }: Refreshing, database: string) {
  const [row] = await postgres.sql(
    'postgres',
    `SELECT pg_get_userbyid(datdba) AS owner, datconnlimit AS "limit", shobj_description(d.oid, 'pg_database') AS comment,
            (SELECT setconfig FROM pg_db_role_setting WHERE setdatabase = d.oid AND setrole = 0) AS settings,
            EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba)))
                     WHERE grantee = 0 AND privilege_type = 'TEMPORARY') AS temp,
            EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba)))
                     WHERE grantee = 0 AND privilege_type = 'CONNECT') AS connect
       FROM pg_database d WHERE datname = '${database}'`,
  );
  return row;
}

/** The one that is put aside is named by the second. */
async function untilNextSecond(): Promise<void> {
  const second = Math.floor(Date.now() / 1000);
  while (Math.floor(Date.now() / 1000) === second) await pause(20);
}
