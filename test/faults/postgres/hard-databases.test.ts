import { expect, test } from 'vitest';
import { startTestPostgres } from '../../support/servers/postgres.ts';
import { expectNothingLeft, ownDrillPlace } from '../../support/world/drill-place.ts';
import { ASCII_SCHEMA, makeEncoded } from '../../support/world/encodings.ts';
import { makeHardDatabase } from '../../support/world/hard-database.ts';
import { prove, proveEncoding, proveLocale } from '../../support/world/proof.ts';
import { world } from '../../support/world/world.ts';

test('everything that is hard to back up is restorable, with equal contents', async () => {
  const place = ownDrillPlace();
  const here = await world({ drillPlace: place, database: 'hard' });
  const hard = await makeHardDatabase(here.postgres, here.database, { major: 18, tables: 20 });
  const { manifest } = await prove(here).finally(hard.close);
  expect(manifest.tables.length).toBeGreaterThan(60);
  expectNothingLeft(place);

  const untested = await here.sql<{ name: string }>(`
    SELECT t.typname AS name FROM pg_type t
     WHERE t.typnamespace = 'pg_catalog'::regnamespace AND t.typtype IN ('b', 'r', 'm') AND t.typcategory <> 'A'
       AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = 'types.builtin'::regclass AND a.atttypid = t.oid)
     ORDER BY 1`);
  // What only the system's own catalogs hold: no value of these can be put in.
  const internal = ['brin_bloom_summary', 'brin_minmax_multi_summary', 'dependencies', 'mcv_list', 'ndistinct'];
  expect(untested.map(({ name }) => name)).toEqual([...internal, 'node_tree'].map((name) => `pg_${name}`));
}, 300_000);

test('an empty database', async () => {
  const here = await world({ drillPlace: ownDrillPlace() });
  const { manifest } = await prove(here);
  expect(manifest).toMatchObject({ tables: [], largeObjects: 0 });
});

test('a database in EUC_JP', () => proveEncoding('EUC_JP', {}));

test('a database in SQL_ASCII, with bytes that are text in no encoding', async () => {
  const here = await world({ drillPlace: ownDrillPlace() });
  await makeEncoded(here.postgres, 'ascii', 'SQL_ASCII');
  await here.postgres.sql('ascii', ASCII_SCHEMA);
  await prove(here, 'ascii');
});

test('names that are no text: the dump fails and says so', async () => {
  const here = await world();
  await makeEncoded(here.postgres, 'no text', 'SQL_ASCII');
  await here.postgres.sql('no text', `DO $$ BEGIN EXECUTE 'CREATE TABLE "' || E'\\351' || '" ()'; END $$`);
  await expect(here.dump('no text')).rejects.toMatchObject({
    name: 'DumpError',
    problem: expect.stringMatching(/invalid byte sequence for encoding "UTF8": 0xe9/),
  });
  expect(await here.keys()).toEqual([]);
});

test('a role that was named in another encoding: the dump fails and says what to do', async () => {
  const postgres = await startTestPostgres();
  try {
    const here = await world({ postgres });
    await makeEncoded(postgres, 'latin', 'LATIN1');
    await postgres.sql('latin', 'CREATE ROLE "größe"');
    await expect(here.dump()).rejects.toMatchObject({ name: 'DumpError', hint: expect.stringMatching(/rename it/) });
    expect(await here.keys()).toEqual([]);
  } finally {
    await postgres.end();
  }
});

test('a locale of ICU with rules of its own, by which the rows are in their partitions', async () => {
  const source = await proveLocale(
    `icu ICU_LOCALE 'en' ICU_RULES '&z < a'`,
    `CREATE TABLE words (w text) PARTITION BY RANGE (w);
     CREATE TABLE b_to_z PARTITION OF words FOR VALUES FROM ('b') TO ('z');
     CREATE TABLE beyond PARTITION OF words FOR VALUES FROM ('z') TO (MAXVALUE);
     INSERT INTO words VALUES ('ab'), ('c')`,
  );
  expect(source.icuRules).toBe('&z < a');
});

test('a database that lets in nobody but by TCP is restored and compared all the same', async () => {
  const here = await world({ drillPlace: ownDrillPlace() });
  await here.sql(`
    CREATE TABLE t AS SELECT 1 AS a; CREATE TABLE u AS SELECT 1 AS a; CREATE MATERIALIZED VIEW m AS SELECT a FROM t;
    CREATE FUNCTION by_tcp_alone() RETURNS event_trigger LANGUAGE plpgsql AS $$
      BEGIN IF inet_client_addr() IS NULL THEN RAISE EXCEPTION 'by TCP alone'; END IF; END $$;
    CREATE EVENT TRIGGER gate ON login EXECUTE FUNCTION by_tcp_alone()`);
  const manifest = await here.dump();
  const verdict = await here.verify(manifest);
  expect(verdict).toMatchObject({ verdict: 'restorable', drill: { compared: { tables: 2, rows: 2 } } });
});

test('more indexes than the server has locks for', async () => {
  const postgres = await startTestPostgres({ settings: { max_locks_per_transaction: '10', max_connections: '10' } });
  try {
    const here = await world({ postgres, drillPlace: ownDrillPlace() });
    for (let from = 1; from <= 300; from += 20) {
      await here.sql(`DO $$ BEGIN FOR i IN ${from} .. ${from + 19} LOOP
        EXECUTE format('CREATE TABLE t%s (a int, b int, c int, d int)', i);
        FOR j IN 1 .. 4 LOOP EXECUTE format('CREATE INDEX ON t%s (%s)', i, chr(96 + j)); END LOOP; END LOOP; END $$`);
    }
    const manifest = await here.dump(here.database, { fingerprints: true });
    expect(await here.verify(manifest)).toMatchObject({ verdict: 'restorable' });
  } finally {
    await postgres.end();
  }
});
