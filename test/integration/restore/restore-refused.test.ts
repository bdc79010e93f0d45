import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { contentsOf } from '../../support/world/contents.ts';
import { restoreIt } from '../../support/world/restores.ts';
import { type World, world } from '../../support/world/world.ts';

/** A database that its owner, who is no superuser, gets from a provider: extensions are there, and not his. */
async function managed(here: World, extensions: readonly string[]) {
  const name = `app_${randomUUID().slice(0, 8)}`;
  await here.postgres.sql('postgres', `CREATE ROLE ${name} LOGIN CREATEDB PASSWORD 'x'`);
  await here.postgres.sql('postgres', `CREATE DATABASE ${name} OWNER ${name}`);
  for (const extension of extensions) await here.postgres.sql(name, `CREATE EXTENSION ${extension}`);
  const target = { ...here.postgres.target, user: name, password: 'x' };
  return { to: name, postgres: { ...here.postgres, target }, without: ['--no-owner', '--no-privileges'] };
}

const OF_A_SUPERUSER = `
  CREATE EXTENSION hstore; CREATE EXTENSION pageinspect;
  CREATE TABLE t (id serial PRIMARY KEY, h hstore); INSERT INTO t (h) VALUES ('a=>1'), ('b=>2');
  CREATE PUBLICATION p FOR ALL TABLES; CREATE PUBLICATION one FOR TABLE t;
  CREATE FUNCTION ev() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
  CREATE EVENT TRIGGER ev ON ddl_command_end EXECUTE FUNCTION ev(); COMMENT ON EVENT TRIGGER ev IS 'x';
  CREATE FUNCTION raw(cstring) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
  CREATE CAST (bool AS name) WITH INOUT;
  CREATE FUNCTION leak(int, text DEFAULT E' LEAKPROOF\\n') RETURNS int LANGUAGE sql LEAKPROOF IMMUTABLE COST 7 AS 'SELECT $1';
  CREATE TABLE leaky (a int CHECK (leak(a) > 0)); INSERT INTO leaky VALUES (1); CREATE INDEX ON leaky (leak(a));`;

test('the owner of a database who is no superuser gets all rows, and the list of what he may not make', async () => {
  const here = await world();
  await here.sql(OF_A_SUPERUSER);
  await here.dump();
  const place = await managed(here, ['hstore']);
  for (const jobs of [1, 2]) {
    const { leftOut, differences } = await restoreIt(here, { ...place, jobs, ...(jobs > 1 && { clean: place.to }) });
    expect(await contentsOf(here.postgres, place.to)).toEqual(await contentsOf(here.postgres, here.database));
    for (const what of ['COMMENT EXTENSION hstore', 'EXTENSION pageinspect', 'PUBLICATION p', 'EVENT TRIGGER ev'])
      expect(leftOut).toContainEqual(expect.stringMatching(`${what}.*: .*(owner|superuser|permission)`));
    expect(differences).toEqual([expect.stringMatching(/functions/)]);
    // Its rows would not have come without the function that they are checked with.
    expect(leftOut.filter((line) => line.includes('leak'))).toEqual([
      expect.stringMatching(/^FUNCTION leak\(.*: made without LEAKPROOF/),
    ]);
  }
  const [made] = await here.postgres.sql(place.to, `SELECT string_agg(pubname, ' ') FROM pg_publication`);
  expect(made).toEqual({ string_agg: 'one' });

  // All or nothing is kept where there is something to lose.
  const before = await contentsOf(here.postgres, place.to);
  await expect(restoreIt(here, { ...place, clean: place.to })).rejects.toMatchObject({
    ...{ name: 'DumpError', hint: expect.stringMatching(/--jobs 2.*nothing was changed/) },
  });
  expect(await contentsOf(here.postgres, place.to)).toEqual(before);
});

test('in one transaction, too, he leaves alone what belongs to an extension that is not his', async () => {
  const here = await world();
  await here.sql('CREATE EXTENSION hstore; CREATE TABLE t (h hstore); INSERT INTO t VALUES ($$a=>1$$)');
  await here.dump();
  const place = await managed(here, ['hstore']);
  await restoreIt(here, place);
  await here.postgres.sql(place.to, `SET ROLE ${place.to}; CREATE TABLE later (a int); DELETE FROM t`);
  const comment = 'COMMENT EXTENSION hstore: the extension belongs to another role';
  // Beside what was made since, and instead of it.
  for (const lose of [false, true]) {
    const { leftOut, lost } = await restoreIt(here, { ...place, clean: place.to, lose });
    expect({ leftOut, lost }).toEqual({ leftOut: [comment], lost: lose ? ['table public.later (0 B)'] : [] });
    const rows = `SELECT (SELECT count(*)::int FROM t), to_regclass('later') IS NULL AS gone`;
    expect(await here.postgres.sql(place.to, rows)).toEqual([{ count: 1, gone: lose }]);
  }
});

test('a materialized view that cannot be filled keeps nothing else away', async () => {
  const here = await world();
  await here.sql(`
    CREATE TABLE t AS SELECT 1 AS a;
    CREATE FUNCTION here_only() RETURNS int LANGUAGE plpgsql AS $$
      BEGIN IF current_database() <> '${here.database}' THEN RAISE 'not here'; END IF; RETURN 1; END $$;
    CREATE MATERIALIZED VIEW a AS SELECT here_only() AS x; CREATE INDEX a_x ON a (x);
    CREATE MATERIALIZED VIEW b AS SELECT * FROM a; CREATE MATERIALIZED VIEW c AS SELECT 1 AS x;
    CREATE FUNCTION ev() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
    CREATE EVENT TRIGGER last ON ddl_command_end EXECUTE FUNCTION ev()`);
  await here.dump();
  const { database, leftOut, differences } = await restoreIt(here);
  expect(leftOut).toEqual(['MATERIALIZED VIEW DATA a: not here', expect.stringMatching(/^MATERIALIZED VIEW DATA b: /)]);
  expect(differences).toEqual([]);
  const there = await here.postgres.sql(
    database,
    `SELECT (SELECT count(*)::int FROM c) AS c, (SELECT count(*)::int FROM pg_event_trigger) AS last`,
  );
  expect(there).toEqual([{ c: 1, last: 1 }]);
});

test('a function that relies on search_path: why, what to do about it, and all the rest if that will do', async () => {
  const here = await world();
  await here.sql(`
    CREATE TABLE lookup (a int); INSERT INTO lookup VALUES (1);
    CREATE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a FROM lookup WHERE a = $1';
    CREATE FUNCTION g(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN f($1); END';
    CREATE TABLE checked (a int CHECK (f(a) = 1)); INSERT INTO checked VALUES (1);
    CREATE TABLE computed (a int, b int GENERATED ALWAYS AS (g(a)) STORED); INSERT INTO computed (a) VALUES (1);
    CREATE TABLE plain AS SELECT 1 AS a; CREATE INDEX i ON plain (a)`);
  await here.dump();
  const hint = expect.stringMatching(/ALTER FUNCTION .* SET search_path/);
  await expect(restoreIt(here)).rejects.toMatchObject({
    ...{ name: 'DumpError', problem: expect.stringContaining('"lookup" does not exist'), hint },
  });
  const { database, leftOut, hints, differences } = await restoreIt(here, { goOn: true });
  expect(leftOut.map((line) => line.split(':')[0])).toEqual(['TABLE DATA checked', 'TABLE DATA computed']);
  expect(hints).toEqual([hint, hint]);
  expect(differences).toHaveLength(2);
  expect(Object.keys(await contentsOf(here.postgres, database))).toEqual(['checked', 'computed', 'lookup', 'plain']);
});
