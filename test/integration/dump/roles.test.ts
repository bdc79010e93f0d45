import { randomUUID } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import { connect } from '../../../layers/postgres/connect/connection.ts';
import type { DumpStep } from '../../../layers/postgres/contents/snapshot.ts';
import type { DumpOptions, World } from '../../support/world/world.ts';
import { world } from '../../support/world/world.ts';

/** A role of the test's own, and how to dump as it. */
async function role({ postgres }: World, options: string): Promise<{ name: string; as: DumpOptions }> {
  const name = `role_${randomUUID().slice(0, 8)}`;
  await postgres.sql('postgres', `CREATE ROLE ${name} LOGIN PASSWORD 'ro"le pass' ${options}`);
  return { name, as: { target: { user: name, password: 'ro"le pass' } } };
}

describe('row level security that hides 7 of 10 rows', () => {
  async function hidden(options: string) {
    const here = await world();
    const { name, as } = await role(here, options);
    await here.sql(`
      CREATE TABLE secrets AS SELECT generate_series(1, 10) AS id;
      ALTER TABLE secrets ENABLE ROW LEVEL SECURITY;
      CREATE POLICY few ON secrets USING (id <= 3);
      GRANT SELECT ON secrets TO ${name};`);
    return { here, name, as };
  }

  test.each(['FORCE', 'NO FORCE'])('%s: a role with BYPASSRLS counts and dumps all', async (force) => {
    const { here, as } = await hidden('BYPASSRLS');
    await here.sql(`ALTER TABLE secrets ${force} ROW LEVEL SECURITY`);
    const manifest = await here.dump(undefined, as);
    expect(manifest.tables).toMatchObject([{ schema: 'public', name: 'secrets', rows: 10 }]);
    expect(await here.verify(manifest)).toMatchObject({ verdict: 'readable' });
  });

  test('NO FORCE: the owner counts and dumps all', async () => {
    const { here, name, as } = await hidden('');
    await here.sql(`ALTER TABLE secrets OWNER TO ${name}`);
    expect((await here.dump(undefined, as)).tables).toMatchObject([{ rows: 10 }]);
  });

  test.each([
    {
      who: 'the owner under FORCE',
      sql: (name: string) => `ALTER TABLE secrets OWNER TO ${name}, FORCE ROW LEVEL SECURITY`,
    },
    { who: 'another role', sql: () => 'SELECT 1' },
  ])('$who: an error rather than 3 rows', async ({ sql }) => {
    const { here, name, as } = await hidden('');
    await here.sql(sql(name));
    await expect(here.dump(undefined, as)).rejects.toMatchObject({
      name: 'DumpError',
      message: expect.stringContaining('row-level security'),
      hint: expect.stringContaining('BYPASSRLS'),
    });
    expect(await here.keys()).toEqual([]);
    expect(await here.unfinishedUploads()).toEqual([]);
  });
});

test('a role that may not read a table: an error that says what to grant, and nothing left', async () => {
  const here = await world();
  const { as } = await role(here, '');
  await here.sql('CREATE TABLE closed (id int)');
  await expect(here.dump(undefined, as)).rejects.toMatchObject({
    name: 'DumpError',
    problem: expect.stringContaining('permission denied'),
    hint: expect.stringMatching(/pg_read_all_data.*DUMP_EXCLUDE_SCHEMA/),
  });
  expect(await here.keys()).toEqual([]);
});

test.each([
  { may: 'all data', grant: 'GRANT pg_read_all_data TO', rolePasswords: true },
  { may: 'the tables alone', grant: 'GRANT SELECT ON ALL TABLES IN SCHEMA public TO', rolePasswords: false },
])('a role that may read $may has a backup; with role passwords: $rolePasswords', async ({ grant, rolePasswords }) => {
  const here = await world();
  const { name, as } = await role(here, '');
  await here.sql(`CREATE TABLE open AS SELECT 1 AS id; CREATE SEQUENCE s; GRANT SELECT ON s TO ${name}`);
  await here.sql(`${grant} ${name}`);
  const manifest = await here.dump(undefined, as);
  expect(manifest).toMatchObject({ globals: { rolePasswords }, tables: [{ name: 'open', rows: 1 }] });
  expect(manifest.server.systemIdentifier).toMatch(/^\d+$/);
  const globals = (await here.vault.getText(manifest.globals.key)) ?? '';
  expect(globals).toContain(`CREATE ROLE ${name}`);
  expect(globals.includes('SCRAM-SHA-256')).toBe(rolePasswords);
  expect(manifest.remarks).toEqual(
    rolePasswords ? undefined : [{ lacks: 'role passwords', text: expect.stringContaining('passwords of roles') }],
  );
  expect(here.log.join('').includes('lacks the passwords of roles')).toBe(!rolePasswords);
  expect(await here.verify(manifest)).toMatchObject({ verdict: 'readable' });
});

test('large objects have rights of their own: asked before anything is stored, and said what helps', async () => {
  const here = await world();
  const { name, as } = await role(here, 'IN ROLE pg_read_all_data');
  await here.sql(`CREATE TABLE t (id int); SELECT lo_from_bytea(16001, 'abc'); SELECT lo_from_bytea(16002, 'def')`);
  await here.sql(`GRANT SELECT ON LARGE OBJECT 16002 TO ${name}`);

  await expect(here.dump(undefined, as)).rejects.toMatchObject({
    name: 'DumpError',
    problem: `the role ${name} may not read large object 16001, which belongs to postgres; nothing was dumped`,
    hint: expect.stringMatching(/GRANT SELECT ON LARGE OBJECT .* lo_compat_privileges/),
  });
  expect(await here.keys()).toEqual([]);
  expect(here.log.join('')).not.toContain('dump started');

  await here.sql(`ALTER ROLE ${name} SET lo_compat_privileges = on`);
  expect((await here.dump(undefined, as)).largeObjects).toBe(2);
});

test('what a reader may not see is said before the backup counts, and in its manifest, its verdict and its page', async () => {
  const here = await world();
  const { name, as } = await role(here, 'IN ROLE pg_read_all_data');
  await here.sql(`
    CREATE TABLE t (id int);
    CREATE EXTENSION postgres_fdw;
    CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw;
    CREATE USER MAPPING FOR ${name} SERVER other;
    CREATE USER MAPPING FOR postgres SERVER other OPTIONS (user 'u', password 's3cret');`);
  await here.sql(`CREATE SUBSCRIPTION feed CONNECTION 'host=/nonexistent dbname=x' PUBLICATION p
    WITH (connect = false, slot_name = NONE, enabled = false)`);

  const manifest = await here.dump(undefined, as);

  const texts = [
    'The backup lacks the subscriptions (feed): pg_dump leaves them out unless a superuser runs it.',
    `The backup lacks the options of user mappings, such as user and password (postgres on other): the role "${name}" may not see them.`,
  ];
  expect(manifest.remarks?.map(({ text }) => text)).toEqual(texts);
  const said = here.log.map((line) => JSON.parse(line).msg);
  expect(said.filter((one) => [...texts, 'dump finished'].includes(one))).toEqual([...texts, 'dump finished']);
  expect(await here.verify(manifest)).toMatchObject({ reasons: ['No restore was tried.', ...texts] });
  // A superuser sees them all, and nothing needs to be said.
  const whole = await here.dump(undefined, { firedAt: new Date(Date.now() + 60_000) });
  expect(whole.remarks).toBeUndefined();
  expect(JSON.stringify(here.log)).not.toContain('s3cret');
  await here.sql('DROP SUBSCRIPTION feed');
});

test('what pg_dump warns of is kept, although it succeeds', async () => {
  const here = await world();
  const database = `${here.database}_icu`;
  await here.sql(`CREATE DATABASE "${database}" TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de'`);
  await here.sql(`UPDATE pg_database SET datcollversion = '1' WHERE datname = '${database}'`);

  const manifest = await here.dump(database);

  expect(manifest.remarks).toEqual([
    { text: expect.stringMatching(/^pg_dump warned: database ".*" has a collation version mismatch: .*\.$/) },
  ]);
  expect(here.log.join('')).toContain('collation version mismatch');
});

test('short timeouts of the role, meant for short queries, do not end a dump', async () => {
  const here = await world();
  const { name, as } = await role(here, 'SUPERUSER');
  await here.sql(`
    CREATE TABLE slow AS SELECT 1 AS id;
    ALTER ROLE ${name} SET statement_timeout = '250ms';
    ALTER ROLE ${name} SET lock_timeout = '250ms';
    ALTER ROLE ${name} SET idle_in_transaction_session_timeout = '250ms';
    ALTER ROLE ${name} SET idle_session_timeout = '250ms';
    ALTER ROLE ${name} SET transaction_timeout = '500ms';`);
  const locker = await connect(here.postgres.target, here.database);
  try {
    await locker.query('BEGIN; LOCK slow IN ACCESS EXCLUSIVE MODE');
    // Then its session waits for the lock, and after that it is idle, while the snapshot is exported.
    const onStep = async (step: DumpStep) => void (step === 'exported' && (await here.sql('SELECT pg_sleep(0.6)')));
    const dump = here.dump(undefined, { ...as, onStep });
    const waitsLong = `SELECT FROM pg_stat_activity
      WHERE datname = '${here.database}' AND wait_event_type = 'Lock' AND clock_timestamp() - query_start > '600ms'`;
    const waited = vi.waitFor(async () => expect(await here.sql(waitsLong)).toHaveLength(1), 90_000);
    await Promise.race([waited, dump]);
    await locker.query('ROLLBACK');
    expect((await dump).tables).toMatchObject([{ rows: 1 }]);
  } finally {
    await locker.end();
  }
});
