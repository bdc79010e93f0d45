import { createHash } from 'node:crypto';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, libpqEnvironment } from '../../../layers/postgres/connect/connection.ts';
import { startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { archiveOf, restore, rowsInArchive, rowsInManifest } from '../../support/world/archive.ts';
import { world } from '../../support/world/world.ts';

let postgres: TestPostgres;

beforeAll(async () => {
  const extensions = path.resolve(import.meta.dirname, '../../fixtures');
  postgres = await startTestPostgres({ settings: { extension_control_path: `${extensions}:$system` } });
});
afterAll(() => postgres.end());

const LONG = 'ü'.repeat(31);

/** Every kind of thing that looks like a table, with the number of its rows in its name or beside it. */
const RICH = `
  CREATE TABLE plain AS SELECT g AS id, md5(g::text) AS text FROM generate_series(1, 1000) g;
  CREATE TABLE empty (id int);
  CREATE TABLE "no columns" ();
  INSERT INTO "no columns" DEFAULT VALUES; INSERT INTO "no columns" DEFAULT VALUES;
  CREATE UNLOGGED TABLE unlogged AS SELECT generate_series(1, 7) AS id;

  CREATE SCHEMA "Other Schema";
  CREATE TABLE parted (id int, kind text) PARTITION BY LIST (kind);
  CREATE TABLE parted_a PARTITION OF parted FOR VALUES IN ('a');
  CREATE TABLE "Other Schema".parted_rest PARTITION OF parted DEFAULT PARTITION BY RANGE (id);
  CREATE TABLE "Other Schema".parted_low PARTITION OF "Other Schema".parted_rest FOR VALUES FROM (0) TO (50);
  CREATE TABLE "Other Schema".parted_high PARTITION OF "Other Schema".parted_rest DEFAULT;
  INSERT INTO parted SELECT g, CASE WHEN g % 2 = 0 THEN 'a' ELSE 'b' END FROM generate_series(1, 100) g;

  CREATE TABLE parent (id int); INSERT INTO parent VALUES (1), (2), (3);
  CREATE TABLE child (extra text) INHERITS (parent); INSERT INTO child SELECT generate_series(1, 5);

  CREATE TABLE "a ""quoted"" name" AS SELECT 1 AS id;
  CREATE TABLE "line\nbreak" AS SELECT 1 AS id;
  CREATE TABLE "separator\u2028and \u{1F418}" AS SELECT 1 AS id;
  CREATE TABLE "${LONG}" AS SELECT 1 AS id;
  CREATE TABLE "select" ("from" int); INSERT INTO "select" VALUES (1);
  CREATE TABLE "50% \\ /" AS SELECT 1 AS id;

  CREATE TABLE secrets (id int); INSERT INTO secrets SELECT generate_series(1, 10);
  ALTER TABLE secrets ENABLE ROW LEVEL SECURITY; ALTER TABLE secrets FORCE ROW LEVEL SECURITY;
  CREATE POLICY few ON secrets USING (id <= 3);

  CREATE EXTENSION hstore;
  CREATE EXTENSION shop_settings;
  INSERT INTO ext_settings VALUES (101), (102); INSERT INTO ext_own VALUES (3);
  CREATE EXTENSION postgres_fdw;
  CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1');
  CREATE FOREIGN TABLE afar (id int) SERVER elsewhere;

  CREATE VIEW seen AS SELECT * FROM plain;
  CREATE MATERIALIZED VIEW kept AS SELECT * FROM plain WITH DATA;
  SELECT lo_from_bytea(0, 'one'), lo_from_bytea(0, 'two');

  CREATE TABLE ids (id int GENERATED ALWAYS AS IDENTITY, text text);
  INSERT INTO ids (text) SELECT 'x' FROM generate_series(1, 42);
  CREATE SEQUENCE untouched START 5;
  CREATE SEQUENCE "back wards" INCREMENT -1; SELECT nextval('"back wards"'), nextval('"back wards"');`;

const RICH_ROWS = {
  'public.plain': 1000,
  'public.empty': 0,
  'public.no columns': 2,
  'public.unlogged': 7,
  'public.parted_a': 50,
  'Other Schema.parted_low': 25,
  'Other Schema.parted_high': 25,
  'public.parent': 3,
  'public.child': 5,
  'public.a "quoted" name': 1,
  'public.line\nbreak': 1,
  'public.separator\u2028and \u{1F418}': 1,
  [`public.${LONG}`]: 1,
  'public.select': 1,
  'public.50% \\ /': 1,
  'public.secrets': 10,
  'public.ext_settings': 2,
  'public.ids': 42,
};

test('the manifest says of a rich database what its archive holds, and what restoring it brings back', async () => {
  const here = await world({ postgres });
  await here.sql(RICH);
  const holder = await connect(postgres.target, here.database);
  await holder.query('CREATE TEMPORARY TABLE passing AS SELECT 1 AS id');
  const from = new Date();
  const manifest = await here.dump().finally(() => holder.end());
  const archive = await archiveOf(here.vault, manifest);

  expect(Object.fromEntries(rowsInManifest(manifest))).toEqual(RICH_ROWS);
  expect(await rowsInArchive(archive)).toEqual(rowsInManifest(manifest));
  expect(manifest.tables.find(({ name }) => name === 'ext_settings')?.extension).toBe('shop_settings');

  const server = await postgres.sql<{ id: string; version: string }>(
    'postgres',
    `SELECT system_identifier::text AS id, current_setting('server_version') AS version FROM pg_control_system()`,
  );
  const [size] = await here.sql<{ bytes: string }>('SELECT pg_database_size(current_database()) AS bytes');
  const state = (lastValue: string, isCalled = true) => ({ lastValue, isCalled });
  const steady = (name: string, at: object) => ({ schema: 'public', name, before: at, after: at });
  expect(manifest).toMatchObject({
    database: here.database,
    server: { version: server[0]?.version, systemIdentifier: server[0]?.id, standby: false },
    source: {
      encoding: 'UTF8',
      collate: 'C.UTF-8',
      ctype: 'C.UTF-8',
      localeProvider: 'libc',
      extensions: [
        { name: 'hstore', schema: 'public' },
        { name: 'plpgsql', schema: 'pg_catalog' },
        { name: 'postgres_fdw', schema: 'public' },
        { name: 'shop_settings', version: '1.0', schema: 'public' },
      ],
    },
    archive: {
      key: expect.stringMatching(new RegExp(`^pgvouch/${here.database}/[^/]+/archive-${manifest.attempt}\\.dump$`)),
      compression: 'zstd:3',
      sizeBytes: archive.length,
      sha256: createHash('sha256').update(archive).digest('hex'),
      oldestPgRestore: 17,
    },
    globals: { rolePasswords: true },
    client: { major: 18 },
    sequences: [
      steady('back wards', state('-2')),
      steady('ext_ids', state('1', false)),
      steady('ids_id_seq', state('42')),
      steady('untouched', state('5', false)),
    ],
    largeObjects: 2,
  });
  expect(Math.abs(manifest.source.sizeBytes - Number(size?.bytes))).toBeLessThan(1_000_000);
  expect(Date.parse(manifest.snapshotAt)).toBeGreaterThanOrEqual(from.getTime());
  expect(Date.parse(manifest.finishedAt)).toBeGreaterThanOrEqual(Date.parse(manifest.snapshotAt));
  expect(await here.verify(manifest)).toMatchObject({ verdict: 'readable' });

  const copy = `${here.database}_copy`;
  await postgres.createDatabase(copy);
  await restore(archive, libpqEnvironment(postgres.target, copy));
  const digest = `SELECT md5(string_agg(t::text, ',' ORDER BY id)) AS digest FROM plain t`;
  expect(await postgres.sql(copy, digest)).toEqual(await here.sql(digest));
});

test('globals have roles with their passwords, and lie beside the archive with their hash in the manifest', async () => {
  const here = await world({ postgres });
  await postgres.sql('postgres', `CREATE ROLE "glob al" LOGIN PASSWORD 'x'`);
  const manifest = await here.dump();
  const sql = (await here.vault.getText(manifest.globals.key)) ?? '';
  expect(sql).toContain('CREATE ROLE "glob al"');
  expect(sql).toMatch(/"glob al" WITH .* PASSWORD 'SCRAM-SHA-256/);
  expect(manifest.globals).toMatchObject({
    sizeBytes: Buffer.byteLength(sql),
    sha256: createHash('sha256').update(sql).digest('hex'),
  });
  const folder = manifest.archive.key.slice(0, manifest.archive.key.lastIndexOf('/') + 1);
  expect(await here.keys()).toEqual([manifest.archive.key, manifest.globals.key, `${folder}manifest.json`]);
});

test('an empty database has a backup too', async () => {
  const here = await world({ postgres });
  const manifest = await here.dump();
  expect(manifest).toMatchObject({ tables: [], sequences: [], largeObjects: 0 });
  expect(await here.verify(manifest)).toMatchObject({ verdict: 'readable' });
});

test('another encoding than UTF-8: names and rows agree all the same', async () => {
  const here = await world({ postgres });
  await postgres.sql('postgres', `CREATE DATABASE "Käse" ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
  await postgres.sql('Käse', `CREATE TABLE "größe é x" AS SELECT 'ü' AS text; CREATE TABLE "é" (id int)`);
  const manifest = await here.dump('Käse');
  expect(manifest.source.encoding).toBe('LATIN1');
  expect(manifest.tables.map(({ name, rows }) => [name, rows])).toEqual([
    ['größe é x', 1],
    ['é', 0],
  ]);
  expect(await here.verify(manifest)).toMatchObject({ verdict: 'readable' });
});
