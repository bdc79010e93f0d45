import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { startTestPostgres } from '../../support/servers/postgres.ts';
import { indexThatLacksRows } from '../../support/world/damaged-index.ts';
import { ownDrillPlace, serverPlace } from '../../support/world/drill-place.ts';
import { restoreIt } from '../../support/world/restores.ts';
import { type World, world } from '../../support/world/world.ts';

/** Types made and dropped first: the restored labels get other oids, and so other hashes. */
const BURN = `DO $$ BEGIN FOR i IN 1 .. 40 LOOP
  EXECUTE format('CREATE TYPE burn_%s AS ENUM (''a'', ''b'', ''c'')', i); EXECUTE format('DROP TYPE burn_%s', i);
  END LOOP; END $$`;

const ENUM_HASHED = `
  CREATE TYPE kind AS ENUM ('cash', 'card', 'cheque', 'coupon', 'other');
  CREATE TABLE payment (id int, k kind) PARTITION BY HASH (k);
  CREATE TABLE pair (id int, k kind) PARTITION BY HASH (id, k);
  CREATE TABLE deep (id int, k kind, at int) PARTITION BY LIST (at);
  CREATE TABLE deep_1 PARTITION OF deep FOR VALUES IN (1) PARTITION BY HASH (k);
  CREATE TABLE deep_2 PARTITION OF deep FOR VALUES IN (2);
  DO $$ BEGIN FOR i IN 0 .. 2 LOOP
    EXECUTE format('CREATE TABLE payment_%s PARTITION OF payment FOR VALUES WITH (MODULUS 3, REMAINDER %1$s)', i);
    EXECUTE format('CREATE TABLE pair_%s PARTITION OF pair FOR VALUES WITH (MODULUS 3, REMAINDER %1$s)', i);
    EXECUTE format('CREATE TABLE deep_1_%s PARTITION OF deep_1 FOR VALUES WITH (MODULUS 3, REMAINDER %1$s)
                    PARTITION BY RANGE (id)', i);
    EXECUTE format('CREATE TABLE deep_1_%s_a PARTITION OF deep_1_%1$s FOR VALUES FROM (MINVALUE) TO (500)', i);
    EXECUTE format('CREATE TABLE deep_1_%s_b PARTITION OF deep_1_%1$s FOR VALUES FROM (500) TO (MAXVALUE)', i);
  END LOOP; END $$;
  INSERT INTO payment SELECT g, (enum_range(NULL::kind))[1 + g % 5] FROM generate_series(1, 1000) g;
  INSERT INTO pair TABLE payment;
  INSERT INTO deep SELECT id, k, 1 + id % 2 FROM payment`;

/** Materialized views whose owners may read because of what they are, or are members of. */
const ownersBeyondGrants = (name: string) => `
  CREATE ROLE "${name} app"; CREATE ROLE "${name} readers"; CREATE ROLE "${name} member" IN ROLE "${name} readers";
  CREATE ROLE "${name} super" SUPERUSER; CREATE ROLE "${name} all" IN ROLE pg_read_all_data;
  CREATE ROLE "${name} rls" BYPASSRLS IN ROLE "${name} readers";
  CREATE SCHEMA s AUTHORIZATION "${name} app";
  CREATE TABLE s.orders AS SELECT generate_series(1, 10) AS id;
  ALTER TABLE s.orders OWNER TO "${name} app";
  CREATE TABLE s.hidden AS TABLE s.orders;
  ALTER TABLE s.hidden ENABLE ROW LEVEL SECURITY;
  CREATE POLICY few ON s.hidden TO "${name} readers" USING (id < 3);
  GRANT USAGE ON SCHEMA s TO "${name} readers"; GRANT SELECT ON ALL TABLES IN SCHEMA s TO "${name} readers";
  DO $$ DECLARE owner text; BEGIN
    FOREACH owner IN ARRAY ARRAY['member', 'super', 'all', 'rls'] LOOP
      EXECUTE format('GRANT CREATE ON SCHEMA s TO %I', '${name} ' || owner);
      EXECUTE format('CREATE MATERIALIZED VIEW s.of_%s AS TABLE s.%I', owner, CASE owner WHEN 'rls' THEN 'hidden' ELSE 'orders' END);
      EXECUTE format('ALTER MATERIALIZED VIEW s.of_%s OWNER TO %I', owner, '${name} ' || owner);
    END LOOP; END $$`;

/** Materialized views that a restore would fill from another server or a file. `r` is a server that can be reached. */
const readingElsewhere = ({ postgres: { target }, database }: World, file: string) => `
  CREATE EXTENSION file_fdw; CREATE EXTENSION postgres_fdw; CREATE EXTENSION dblink; CREATE SCHEMA ext; CREATE EXTENSION hstore SCHEMA ext;
  CREATE SERVER f FOREIGN DATA WRAPPER file_fdw;
  CREATE FOREIGN DATA WRAPPER own HANDLER postgres_fdw_handler VALIDATOR postgres_fdw_validator;
  CREATE SERVER r FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '${target.host}', port '${target.port}', dbname '${database}');
  CREATE SERVER o FOREIGN DATA WRAPPER own OPTIONS (host '${target.host}', port '${target.port}', dbname '${database}');
  CREATE USER MAPPING FOR postgres SERVER r OPTIONS (user '${target.user}', password ${pg.escapeLiteral(target.password ?? '')});
  CREATE USER MAPPING FOR postgres SERVER o OPTIONS (user '${target.user}', password ${pg.escapeLiteral(target.password ?? '')});
  CREATE TABLE local AS SELECT 1 AS a, ext.hstore('a', '1') AS h;
  CREATE FOREIGN TABLE rates (line text) SERVER f OPTIONS (filename '${file}');
  CREATE FOREIGN TABLE far (a int) SERVER r OPTIONS (table_name 'local');
  CREATE FOREIGN TABLE farther (a int) SERVER o OPTIONS (table_name 'local');
  CREATE TABLE parted (a int) PARTITION BY LIST (a);
  CREATE FOREIGN TABLE parted_1 PARTITION OF parted FOR VALUES IN (1) SERVER r OPTIONS (table_name 'local');`;

const VIEWS_OF_ELSEWHERE = `
  CREATE VIEW between AS SELECT * FROM far;
  CREATE MATERIALIZED VIEW rates_copy AS TABLE rates;
  CREATE MATERIALIZED VIEW "rates_copy of mine" AS TABLE local; CREATE INDEX ON "rates_copy of mine" (a);
  CREATE MATERIALIZED VIEW far_copy AS TABLE between; CREATE UNIQUE INDEX ON far_copy (a);
  CREATE MATERIALIZED VIEW far_copy_copy AS TABLE far_copy;
  CREATE MATERIALIZED VIEW farther_copy AS TABLE farther;
  CREATE MATERIALIZED VIEW parted_copy AS TABLE parted;
  CREATE MATERIALIZED VIEW linked AS
    SELECT * FROM dblink('r', 'SELECT 1') AS t (a int)`;

test('a drill reaches no other server and no file: what reads them stays empty, and the rest is proved', async () => {
  const place = ownDrillPlace();
  const here = await world({ drillPlace: place });
  const file = path.join(place.folder, 'only on the source.txt');
  writeFileSync(file, 'one\ntwo\n');
  chmodSync(place.folder, 0o755);
  await here.sql(readingElsewhere(here, file));
  await here.sql(VIEWS_OF_ELSEWHERE);
  const manifest = await here.dump(here.database, { fingerprints: true });
  const sessions = async () => {
    // Their end is reported a little later; a session that connects to ask is counted itself.
    await here.sql('SELECT pg_stat_force_next_flush()');
    const [row] = await here.postgres.sql<{ sessions: string }>(
      'postgres',
      `SELECT sessions FROM pg_stat_database WHERE datname = '${here.database}'`,
    );
    return Number(row?.sessions);
  };
  const before = await sessions();
  const verdict = await here.verify(manifest);
  expect(await sessions()).toBe(before + 1);
  const views = ['far_copy', 'far_copy_copy', 'farther_copy', 'linked', 'parted_copy', 'rates_copy'];
  expect(verdict).toMatchObject({
    verdict: 'restorable',
    reasons: [
      expect.stringMatching(/^Restored and compared equal: 1 tables with 1 rows/),
      `The materialized views ${views.map((view) => `"public"."${view}"`).join(', ')} stayed empty: a drill reads no foreign tables, and their rows are not in the archive.`,
    ],
  });

  await here.sql(`CREATE FUNCTION hidden() RETURNS SETOF int LANGUAGE plpgsql AS 'BEGIN RETURN QUERY SELECT a FROM public.far; END';
    CREATE MATERIALIZED VIEW not_seen AS SELECT * FROM hidden()`);
  const again = await here.dump(here.database, { firedAt: new Date(Date.now() + 5_000) });
  expect(await here.verify(again)).toMatchObject({
    verdict: 'readable',
    reasons: [
      'Not possible on the scratch server: foreign-data wrapper "postgres_fdw" has no handler.',
      'Everything else was restored and compared equal.',
      expect.stringMatching(/^The materialized views /),
    ],
  });
});

/** A folder for `extension_control_path`, with versions of an extension whose later ones have another configuration table. */
function extensionFolder(base: string, name: string, versions: readonly string[]): string {
  const folder = path.join(base, name);
  mkdirSync(path.join(folder, 'extension'), { recursive: true });
  const write = (file: string, text: string) => writeFileSync(path.join(folder, 'extension', file), text);
  write('shop_settings.control', `default_version = '${versions.at(-1)}'\nrelocatable = true\n`);
  write(
    'shop_settings--1.0.sql',
    `CREATE TABLE ext_settings (id int); SELECT pg_extension_config_dump('ext_settings', '');`,
  );
  if (versions.includes('1.1')) {
    write(
      'shop_settings--1.0--1.1.sql',
      'ALTER TABLE ext_settings DROP COLUMN id; ALTER TABLE ext_settings ADD COLUMN note text;',
    );
  }
  for (const later of versions.filter((version) => version > '1.1')) {
    write(`shop_settings--1.0--${later}.sql`, `CREATE FUNCTION ext_one() RETURNS int LANGUAGE sql AS 'SELECT 1'`);
  }
  return folder;
}

test('an extension comes in the version that the backup has; where the server lacks that, both versions are named', async () => {
  const base = mkdtempSync(path.join(tmpdir(), 'pgvouch-extensions-'));
  chmodSync(base, 0o755);
  const [ours, theirs] = [
    extensionFolder(base, 'ours', ['1.0', '1.1', '1.2', '2.0']),
    extensionFolder(base, 'theirs', ['1.0']),
  ];
  const postgres = await startTestPostgres({ settings: { extension_control_path: `${theirs}:$system` } });
  try {
    const here = await world({ postgres, drillPlace: serverPlace(postgres.target) });
    let firedAt = Date.now() - 60_000;
    const takenBy = async (version: string, values: string) => {
      await here.sql(`SET extension_control_path = '${ours}:$system'; DROP EXTENSION IF EXISTS shop_settings; CREATE SCHEMA IF NOT EXISTS ext;
        CREATE EXTENSION shop_settings SCHEMA ext VERSION '${version}'; INSERT INTO ext.ext_settings VALUES ${values};
        CREATE TABLE IF NOT EXISTS orders AS SELECT 1 AS id`);
      firedAt += 1_000;
      return here.dump(here.database, { firedAt: new Date(firedAt) });
    };
    const both = 'The scratch server has shop_settings 1.0; the backup has shop_settings';
    expect(await here.verify(await takenBy('1.2', '(101)'))).toMatchObject({
      verdict: 'restorable',
      reasons: [expect.stringContaining('compared equal'), `${both} 1.2.`],
    });
    expect(await here.verify(await takenBy('2.0', '(101)'))).toMatchObject({
      verdict: 'readable',
      reasons: [`${both} 2.0: they are different major versions.`, expect.stringContaining('compared equal')],
    });
    expect(await here.verify(await takenBy('1.1', `('kept')`))).toMatchObject({
      verdict: 'readable',
      reasons: [
        `${both} 1.1.`,
        'Other things compared unequal, perhaps for that reason (1): Table "ext"."ext_settings" of the extension shop_settings came back with 0 rows; the manifest says 1.',
      ],
    });
    const warnings: string[] = [];
    // Its rows do not fit, which ends the restore later.
    await restoreIt(here, { onRemark: (text) => warnings.push(text) }).catch(() => {});
    expect(warnings).toEqual([
      '! the server brings shop_settings 1.0; the backup has shop_settings 1.1: what depends on that version may not come back',
    ]);
    extensionFolder(base, 'theirs', ['1.0', '1.1']);
    expect(await here.verify(await takenBy('1.0', '(101)'))).toMatchObject({ verdict: 'restorable' });
  } finally {
    await postgres.end();
    rmSync(base, { recursive: true, force: true });
  }
}, 240_000);

test('what only another server makes a difference to is restorable', async () => {
  const here = await world({ drillPlace: ownDrillPlace() });
  await here.sql(BURN);
  await here.sql(ENUM_HASHED);
  await indexThatLacksRows(here);
  await here.sql(ownersBeyondGrants(here.database));

  const manifest = await here.dump(here.database, { fingerprints: true });
  expect(manifest.tables.find(({ name }) => name === 'ledger')?.rows).toBe(20_500);
  const verdict = await here.verify(manifest);
  expect(verdict?.reasons).toEqual([expect.stringMatching(/^Restored and compared equal: 16 tables with 23520 rows/)]);
  expect(verdict).toMatchObject({ verdict: 'restorable', drill: { compared: { fingerprints: 16 } } });
});

describe('what cannot be restored says what to do in the original database', () => {
  test('rows that are there twice: its index is damaged', async () => {
    const here = await world({ drillPlace: ownDrillPlace() });
    await here.sql(`CREATE EXTENSION amcheck; CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (7);
      UPDATE pg_index SET indisready = false, indisunique = false WHERE indexrelid = 't_pkey'::regclass`);
    await here.sql(`INSERT INTO t VALUES (7);
      UPDATE pg_index SET indisready = true, indisunique = true WHERE indexrelid = 't_pkey'::regclass`);
    await expect(here.verify(await here.dump())).rejects.toMatchObject({
      problem: expect.stringMatching(
        /^unrestorable: .*Key \(id\)=\(7\) is duplicated.*Hint: the index t_pkey of the original database is damaged.*REINDEX INDEX t_pkey, and back it up again; SELECT bt_index_check/s,
      ),
    });
  });

  test('a CHECK that depends on the time: named while it holds, and once it does not', async () => {
    const here = await world({ drillPlace: ownDrillPlace() });
    const check = 'CONSTRAINT "until ""then""" CHECK (until >= current_date)';
    await here.sql(`
      CREATE DOMAIN recent AS timestamptz CHECK (value > now() - interval '100 years');
      CREATE TABLE offer (until date ${check}, at recent, CHECK (until > '2000-01-01'));
      INSERT INTO offer VALUES (current_date, now())`);
    expect(await here.verify(await here.dump())).toMatchObject({
      verdict: 'restorable',
      reasons: [
        expect.stringMatching(/^Restored and compared equal/),
        'A later restore may be refused by CHECKs that depend on the time: until "then" of "public"."offer", recent_check of "public"."recent".',
      ],
    });
    // As if time had passed.
    await here.sql(`ALTER TABLE offer DROP CONSTRAINT "until ""then""";
      UPDATE offer SET until = current_date - 1; ALTER TABLE offer ADD ${check} NOT VALID;
      UPDATE pg_constraint SET convalidated = true WHERE conname = 'until "then"'`);
    const later = await here.dump(here.database, { firedAt: new Date(Date.now() + 5_000) });
    await expect(here.verify(later)).rejects.toMatchObject({
      problem: expect.stringMatching(
        /^unrestorable: .*Hint: the CHECK until "then" of "public"."offer" depends on the time/s,
      ),
    });
  });
});
