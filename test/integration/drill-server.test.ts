import { describe, expect, test } from 'vitest';
import { makeRoles } from '../../layers/postgres/drill-roles.ts';
import { serverPlace } from '../support/drill-place.ts';
import { startTestPostgres } from '../support/postgres.ts';
import { sharedPostgres, type World, world } from '../support/world.ts';

/** Names of roles are the server's: those that a test makes are named after its database. */
const shop = (role: string) => `
  CREATE ROLE "${role}";
  CREATE TABLE orders AS SELECT g AS id, md5(g::text) AS note FROM generate_series(1, 1000) g;
  ALTER TABLE orders ADD PRIMARY KEY (id), ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
  CREATE POLICY own ON orders TO "${role}" USING (id > 5);
  GRANT SELECT ON orders TO "${role}";
  ALTER DEFAULT PRIVILEGES FOR ROLE "${role}" GRANT SELECT ON TABLES TO PUBLIC;
  CREATE MATERIALIZED VIEW few AS SELECT generate_series(1, 9) AS id;
  CREATE EXTENSION hstore;
  ALTER TABLE orders OWNER TO "${role}";
  SELECT lo_from_bytea(0, 'abc');`;

const SUBSCRIPTION = `CREATE SUBSCRIPTION sub CONNECTION 'host=127.0.0.1 port=1 dbname=x' PUBLICATION p
  WITH (connect = false, slot_name = NONE)`;
const DRILLS = `SELECT datname FROM pg_database WHERE datname LIKE 'pgvouch_drill_%'`;

test('on a server of the operator’s only databases of our own are made, and nothing stays', async () => {
  const postgres = await sharedPostgres();
  const here = await world({ drillPlace: serverPlace(postgres.target) });
  await here.sql(shop(here.database));
  const manifest = await here.dump();
  const names = () =>
    postgres.sql('postgres', 'SELECT datname FROM pg_database UNION ALL SELECT rolname FROM pg_roles ORDER BY 1');
  const before = await names();
  expect(await here.verify(manifest)).toMatchObject({ verdict: 'restorable' });
  expect(await names()).toEqual(before);
});

test('two drills on one server take turns, and clear what a killed one left', async () => {
  const postgres = await sharedPostgres();
  const drillPlace = serverPlace(postgres.target);
  await postgres.sql('postgres', `CREATE DATABASE pgvouch_drill_${'0'.repeat(32)}`);
  const one = await world({ drillPlace });
  const other = await world({ drillPlace });
  const [first, second] = [await one.dump(), await other.dump()];
  const verdicts = await Promise.all([one.verify(first), other.verify(second)]);
  expect(verdicts.map((verdict) => verdict?.verdict)).toEqual(['restorable', 'restorable']);
  expect(await postgres.sql('postgres', DRILLS)).toEqual([]);
});

test('a subscription is not restored, and its database goes', async () => {
  const postgres = await sharedPostgres();
  const here = await world({ drillPlace: serverPlace(postgres.target) });
  await here.sql(`CREATE TABLE t AS SELECT 1 AS a; ${SUBSCRIPTION}`);
  const manifest = await here.dump();
  expect(await here.verify(manifest)).toMatchObject({ verdict: 'restorable' });
  expect(await postgres.sql('postgres', DRILLS)).toEqual([]);
  await here.sql('DROP SUBSCRIPTION sub');
});

test('what cannot be dropped is told in the log, and stops no drill', async () => {
  const postgres = await startTestPostgres();
  try {
    const here = await world({ drillPlace: serverPlace(postgres.target) });
    const left = `pgvouch_drill_${'1'.repeat(32)}`;
    await postgres.createDatabase(left);
    await postgres.sql(left, SUBSCRIPTION);
    expect(await here.verify(await here.dump())).toMatchObject({ verdict: 'restorable' });
    const told = new RegExp(`"The drill's database ${left} could not be dropped: database .* is being used by`);
    expect(here.log).toContainEqual(expect.stringMatching(told));
    expect(await postgres.sql('postgres', DRILLS)).toEqual([{ datname: left }]);
  } finally {
    await postgres.end();
  }
});

test('roles that a killed drill has left go with the next; others stay, whatever they are called', async () => {
  const postgres = await startTestPostgres();
  try {
    const here = await world({ drillPlace: serverPlace(postgres.target) });
    await here.sql(
      `CREATE ROLE "${here.database}"; CREATE TABLE t AS SELECT 1 AS a; ALTER TABLE t OWNER TO "${here.database}"`,
    );
    const manifest = await here.dump();
    await makeRoles(postgres.target, 'postgres', [here.database, 'left "behind"'], []);
    await postgres.sql(
      'postgres',
      `CREATE ROLE pgvouch_drill_role; COMMENT ON ROLE pgvouch_drill_role IS 'for pgvouch'`,
    );
    expect(await here.verify(manifest)).toMatchObject({ verdict: 'restorable' });
    const roles = await postgres.sql('postgres', `SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_'  ORDER BY 1`);
    expect(roles).toEqual([{ rolname: 'pgvouch_drill_role' }, { rolname: 'postgres' }]);
  } finally {
    await postgres.end();
  }
});

describe('as a role that is no superuser', () => {
  const LEFT_OUT = expect.stringMatching(
    /^Owners and privileges were left out: the role "driller_\w+" .* no superuser/,
  );

  /** A world whose drills are held on the same server as such a role. */
  async function drilledBy(rights: string) {
    const postgres = await sharedPostgres();
    const user = `driller_${rights.replaceAll(' ', '_').toLowerCase()}`;
    await postgres.sql('postgres', `DROP ROLE IF EXISTS ${user}; CREATE ROLE ${user} LOGIN PASSWORD 'pw' ${rights}`);
    return world({ drillPlace: serverPlace({ ...postgres.target, user, password: 'pw' }) });
  }

  /** The role is not there when its backup is restored, as on another server. */
  async function forgetRole({ sql, database }: World) {
    await sql(`REASSIGN OWNED BY "${database}" TO postgres; DROP OWNED BY "${database}"; DROP ROLE "${database}"`);
  }

  test('who may make databases and roles: all but owners and privileges is proved', async () => {
    const here = await drilledBy('CREATEDB CREATEROLE');
    await here.sql(shop(here.database));
    const manifest = await here.dump(here.database, { fingerprints: true });
    await forgetRole(here);
    expect(await here.verify(manifest)).toMatchObject({
      verdict: 'restorable',
      reasons: [expect.stringMatching(/^Restored and compared equal: 1 tables with 1000 rows/), LEFT_OUT],
      drill: { compared: { fingerprints: 1, largeObjects: 1 } },
    });
    expect(
      await here.sql(`${DRILLS} UNION ALL SELECT rolname FROM pg_roles WHERE rolname = '${here.database}'`),
    ).toEqual([]);
  });

  test('what only a superuser may make is named, the rest is proved', async () => {
    const here = await drilledBy('CREATEDB CREATEROLE');
    await here.sql(`
      CREATE TABLE t AS SELECT 1 AS a;
      ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
      CREATE MATERIALIZED VIEW shown AS SELECT * FROM t;
      CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
      CREATE EVENT TRIGGER watch ON sql_drop EXECUTE FUNCTION watch();
      CREATE PUBLICATION everything FOR ALL TABLES`);
    const manifest = await here.dump();
    expect(await here.verify(manifest)).toMatchObject({
      verdict: 'readable',
      reasons: [
        expect.stringMatching(/Not possible on the scratch server: must be superuser to create FOR ALL TABLES/),
        expect.stringMatching(/Not possible on the scratch server: permission denied to create event trigger/),
        expect.stringMatching(/Not possible on the scratch server: query would be affected by row-level security/),
        'All the rest was restored and compared equal.',
        LEFT_OUT,
      ],
    });
  });

  test('who may make no roles: readable where a policy names one', async () => {
    const here = await drilledBy('CREATEDB');
    await here.sql(shop(here.database));
    const manifest = await here.dump();
    await forgetRole(here);
    expect(await here.verify(manifest)).toMatchObject({
      verdict: 'readable',
      reasons: [
        `Not possible on the scratch server: role "${here.database}" does not exist.`,
        expect.stringMatching(/^Of the rest 1 things compared unequal.* 0 policies where the manifest says 1/),
        LEFT_OUT,
      ],
    });
  });

  test('who may not even make databases: no verdict, an alarm', async () => {
    const here = await drilledBy('NOCREATEDB');
    const manifest = await here.dump();
    await expect(here.verify(manifest)).rejects.toMatchObject({
      name: 'ConfigError',
      problem: expect.stringMatching(/permission denied to create database/),
    });
    expect((await here.keys()).filter((key) => key.includes('verdict'))).toEqual([]);
  });
});
