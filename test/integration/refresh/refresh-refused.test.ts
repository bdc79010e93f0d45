import { afterAll, expect, test } from 'vitest';
import { manifestKey, verdictKey } from '../../../layers/backup/keys.ts';
import { holdRefreshLock } from '../../../layers/postgres/swap/lock.ts';
import { pgvouch } from '../../support/servers/command-line.ts';
import { emailsIn, makeStaging, provedBackup, type Refreshing, refreshing } from '../../support/world/refreshes.ts';
import { clearWorlds, nameOf } from '../../support/world/world.ts';

afterAll(clearWorlds);

/** Expects a refresh to fail, the old database to be as it was, and nothing to be left beside it. */
async function expectRefused(world: Refreshing, exitCode: number, ...said: string[]): Promise<void> {
  const result = await pgvouch(world.env, 'refresh');
  for (const text of said) expect(result.stderr).toContain(text);
  expect(result).toMatchObject({ exitCode, stdout: '' });
  expect(await world.databases()).toEqual([world.staging]);
  expect(await emailsIn(world)).toBeUndefined();
}

test('an error in the masking says its line; the old one is in use, and what was restored is gone', async () => {
  const world = await refreshing();
  await makeStaging(world);
  await provedBackup(world);
  world.mask(`UPDATE customers SET email = 'x';\n\nUPDATE customers SET emial = 'y';`);
  await expectRefused(world, 1, 'line 3: column "emial"', 'the database is as it was before');
  expect(await world.record()).toMatchObject({
    last: { outcome: 'failed', problem: expect.stringContaining('line 3'), hint: expect.stringContaining('psql') },
  });
  expect(await world.record()).not.toHaveProperty('underWay');
});

test('a masking that commits by itself is refused: what it did before an error would stay', async () => {
  const world = await refreshing();
  await makeStaging(world);
  await provedBackup(world);
  world.mask(`UPDATE customers SET email = 'x'; COMMIT; BEGIN; UPDATE customers SET email = 'y';`);
  await expectRefused(world, 1, 'it ends the transaction by itself');
  world.mask(`UPDATE customers SET email = 'x'; COMMIT;`);
  await expectRefused(world, 1, 'it ends the transaction by itself');
});

test('rows that a policy hides are not passed over by the masking: it fails, or sees all of them', async () => {
  const world = await refreshing();
  const { here, staging, role } = world;
  await here.sql(`
    CREATE TABLE visitors (id int, email text) PARTITION BY RANGE (id);
    CREATE TABLE visitors_1 PARTITION OF visitors FOR VALUES FROM (1) TO (100);
    INSERT INTO visitors SELECT g, 'person' || g || '@example.com' FROM generate_series(1, 20) g;
    ALTER TABLE visitors ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE POLICY few ON visitors USING (id <= 5)`);
  await makeStaging(world);
  await provedBackup(world);
  world.mask(`UPDATE visitors SET email = 'gone';`);
  await expectRefused(world, 1, 'row-level security policy for table "visitors"', 'the database is as it was before');
  await here.postgres.sql('postgres', `ALTER ROLE ${role} BYPASSRLS`);
  const done = await pgvouch(world.env, 'refresh');
  expect(done, done.stderr).toMatchObject({ exitCode: 0 });
  expect(await here.postgres.sql(staging, `SELECT FROM visitors WHERE email = 'gone'`)).toHaveLength(20);
});

test('a materialized view that cannot be filled anew fails the refresh', async () => {
  const world = await refreshing();
  await world.here.sql('CREATE MATERIALIZED VIEW ids AS SELECT 1 / id AS id FROM customers');
  await makeStaging(world);
  await provedBackup(world);
  world.mask(`UPDATE customers SET email = 'gone'; INSERT INTO customers VALUES (0, 'zero');`);
  await expectRefused(world, 1, 'public.ids', 'division by zero', 'rows that are not masked');
});

test('where something is masked, a failed ANALYZE fails the refresh: older statistics hold what was masked', async () => {
  const world = await refreshing();
  await makeStaging(world);
  await provedBackup(world);
  world.mask(`UPDATE customers SET email = 'gone';
    CREATE FUNCTION refuse(value text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN
      IF current_setting('application_name') = 'pgvouch analyze' THEN RAISE 'not to be analyzed'; END IF;
      RETURN value; END $$;
    CREATE INDEX ON customers (refuse(email));`);
  await expectRefused(world, 1, 'statistics were not collected: not to be analyzed', 'make ANALYZE work');
});

test('without a file that masks, nothing is restored', async () => {
  const world = await refreshing({ masking: '/nonexistent/mask.sql' });
  await makeStaging(world);
  await provedBackup(world);
  await expectRefused(world, 2, '/nonexistent/mask.sql', 'nothing was restored');
  const empty = await refreshing();
  await makeStaging(empty);
  await provedBackup(empty);
  empty.mask(' \n');
  await expectRefused(empty, 2, 'it is empty');
});

test('what differs from the manifest never takes the name', async () => {
  const world = await refreshing();
  await makeStaging(world);
  const manifest = await provedBackup(world);
  const [first, ...others] = manifest.tables;
  const counted = { ...manifest, tables: [{ ...first, rows: (first?.rows ?? 0) + 1 }, ...others] };
  const { vault } = world.here;
  await vault.put(manifestKey(vault.prefix, nameOf(manifest)), JSON.stringify(counted));
  await expectRefused(world, 1, 'differs from the manifest in 1 point', '101');
});

test('without a proved backup there is nothing to refresh from', async () => {
  const world = await refreshing();
  await makeStaging(world);
  await expectRefused(world, 2, 'none is restorable, for there is none at all');
  const manifest = await world.here.dump();
  await expectRefused(world, 2, 'none is restorable; the newest of 1 backup', 'is unverified');
  const { vault } = world.here;
  await vault.put(verdictKey(vault.prefix, nameOf(manifest), 'readable'), '{}');
  await expectRefused(world, 2, 'is readable', 'a refresh uses nothing else');
});

test('rights that the role lacks are said before anything is restored', async () => {
  const world = await refreshing();
  const { here, staging, role } = world;
  await makeStaging(world);
  await provedBackup(world);
  const sql = (text: string) => here.postgres.sql('postgres', text);
  await sql(`ALTER ROLE ${role} NOCREATEDB`);
  await expectRefused(world, 1, `the role ${role} may not make databases`, `ALTER ROLE ${role} CREATEDB`);
  await sql(`ALTER ROLE ${role} CREATEDB; ALTER DATABASE ${staging} OWNER TO postgres`);
  await expectRefused(world, 1, `it belongs to postgres`, `ALTER DATABASE ${staging} OWNER TO ${role}`);
});

test('a database that is backed up is not replaced at another address of its server either', async () => {
  const world = await refreshing({}, { onto: { host: 'localhost' } });
  await provedBackup(world);
  const { exitCode, stderr } = await pgvouch(world.env, 'refresh');
  expect(stderr).toContain('a refresh never replaces what is backed up');
  expect(exitCode).toBe(4);
  expect(await world.databases()).toEqual([world.here.database]);
  expect(await world.here.sql('SELECT FROM orders')).toHaveLength(50);
});

test('a file that does not name server and database twice is refused', async () => {
  const world = await refreshing({ replaces: '127.0.0.1/another' });
  await makeStaging(world);
  await expectRefused(world, 2, 'must name the same server and database once more');
});

test('two refreshes of one database do not run at the same time', async () => {
  const world = await refreshing();
  await makeStaging(world);
  await provedBackup(world);
  const lock = await holdRefreshLock(world.here.postgres.target, world.staging, 60_000);
  await expectRefused(world, 1, 'another refresh of it is under way');
  // The other one's record is its own.
  expect(await world.record()).toBeUndefined();
  await lock?.release();
  await expect.poll(async () => (await pgvouch(world.env, 'refresh')).exitCode, { timeout: 60_000 }).toBe(0);
});
