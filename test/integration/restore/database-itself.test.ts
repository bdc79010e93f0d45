import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { libpqEnvironment } from '../../../layers/postgres/connect/connection.ts';
import { startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { clientBin } from '../../support/world/client-folder.ts';
import { ownDrillPlace } from '../../support/world/drill-place.ts';
import { restoreIt } from '../../support/world/restores.ts';
import { type World, world } from '../../support/world/world.ts';

/** What only a database of its own has; the roles are named after it. */
async function furnish({ sql, database }: World): Promise<void> {
  const alter = `ALTER DATABASE "${database}"`;
  await sql(`
    CREATE ROLE "${database}_owner"; CREATE ROLE "${database}_app"; CREATE ROLE "${database}_reader";
    CREATE TABLE t AS SELECT 1 AS id;
    ${alter} SET "app.tenant" = E'it''s \\\\ "one"\\nof two';
    ${alter} SET search_path = "Odd, ""name""", public;
    ${alter} SET temp_tablespaces = '';
    ${alter} SET timezone = 'Asia/Tokyo';
    ${alter} SET datestyle = 'German, DMY';
    ${alter} SET default_transaction_read_only = on;
    ${alter} SET idle_session_timeout = '1h';
    ${alter} SET session_preload_libraries = 'auto_explain';
    ALTER ROLE "${database}_app" IN DATABASE "${database}" SET work_mem = '64MB';
    ALTER ROLE "${database}_app" IN DATABASE "${database}" SET search_path = sales;
    REVOKE ALL ON DATABASE "${database}" FROM PUBLIC;
    GRANT CONNECT ON DATABASE "${database}" TO "${database}_reader";
    GRANT CONNECT, CREATE ON DATABASE "${database}" TO "${database}_app" WITH GRANT OPTION;
    COMMENT ON DATABASE "${database}" IS 'the shop''s';
    ${alter} OWNER TO "${database}_owner"; REVOKE TEMPORARY ON DATABASE "${database}" FROM "${database}_owner";
    ${alter} CONNECTION LIMIT 17; ${alter} IS_TEMPLATE true`);
  await sql(`SET transaction_read_only = off;
    CREATE MATERIALIZED VIEW seen AS SELECT length(current_setting('app.tenant')) AS one, now()::text AS at`);
}

/** What pg_dump says of a database and its schema, under another name. */
async function dumped({ target }: TestPostgres, database: string, name: string): Promise<string> {
  const env = libpqEnvironment(target, database);
  const run = promisify(execFile)(path.join(clientBin(18), 'pg_dump'), ['--schema-only', '--create'], { env });
  const { stdout } = await run;
  // The order of settings and grants is that in which they were made.
  return stdout
    .replace(/^\\(un)?restrict .*$/gm, '')
    .replaceAll(database, name)
    .split('\n')
    .sort()
    .join('\n');
}

const may = ({ sql }: TestPostgres, database: string, privilege: string) =>
  sql('postgres', `SELECT has_database_privilege('public', '${database}', '${privilege}') AS may`);

test('settings, owner, grants, comment, limit and template flag come back, and the drill proves it', async () => {
  const here = await world({ drillPlace: ownDrillPlace() });
  await furnish(here);
  const manifest = await here.dump();
  expect(await here.verify(manifest)).toMatchObject({ verdict: 'restorable', reasons: [expect.any(String)] });

  const report = await restoreIt(here);
  expect(report).toMatchObject({ differences: [], leftOut: [] });
  const wanted = (await dumped(here.postgres, here.database, 'x')).replaceAll('x_', `${here.database}_`);
  expect(await dumped(here.postgres, report.database, 'x')).toBe(wanted);
  expect(wanted).toMatch(
    /SET search_path TO 'Odd, "name"', 'public'.*REVOKE CONNECT,TEMPORARY ON DATABASE x FROM PUBLIC/s,
  );
});

test('a database that is there keeps its own, and the report says what differs, but no value', async () => {
  const here = await world();
  await furnish(here);
  await here.dump();
  const target = await world();
  await target.sql(
    `ALTER DATABASE "${target.database}" SET "app.tenant" = 'staging'; COMMENT ON DATABASE "${target.database}" IS 'ours'`,
  );
  const before = await dumped(here.postgres, target.database, 'x');
  const { differences, leftOut } = await restoreIt(here, { to: target.database });
  expect(leftOut).toEqual([]);
  expect(differences).toEqual(
    expect.arrayContaining([
      `The database's owner is "postgres"; the manifest says "${here.database}_owner".`,
      `The database's connection limit is -1; the manifest says 17.`,
      `The database's template flag is false; the manifest says true.`,
      `The database's comment is another than the manifest says.`,
      `The database's setting app.tenant is another than the manifest says.`,
      `The database's setting work_mem of the role "${here.database}_app" did not come back.`,
      `The database's grant of CONNECT to "${here.database}_reader" did not come back.`,
      'The database has a grant of CONNECT to PUBLIC; the manifest has none.',
    ]),
  );
  expect(differences.join()).not.toMatch(/staging|it's|ours|64MB/);
  const after = await dumped(here.postgres, target.database, 'x');
  expect(after.split('\n').filter((line) => /DATABASE/.test(line))).toEqual(
    before.split('\n').filter((line) => /DATABASE/.test(line)),
  );
  const again = { to: target.database, clean: target.database };
  expect(await restoreIt(here, { ...again, properties: false })).toMatchObject({ differences: [] });
  expect(await restoreIt(here, { ...again, tables: ['t'] })).toMatchObject({ differences: [] });
});

test('another server: closed from the first moment, what it refuses is listed, and its own locale provider is not taken', async () => {
  const here = await world();
  await here.postgres.sql(
    'postgres',
    `CREATE DATABASE "${here.database}_c" TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'`,
  );
  const source = {
    ...here,
    database: `${here.database}_c`,
    sql: (text: string) => here.postgres.sql(`${here.database}_c`, text),
  } as World;
  await furnish(source);
  await source.sql(`SET transaction_read_only = off; SET search_path = public;
    CREATE TABLE p (t text) PARTITION BY RANGE (t);
    CREATE TABLE p_upper PARTITION OF p FOR VALUES FROM ('A') TO ('a');
    CREATE TABLE p_lower PARTITION OF p FOR VALUES FROM ('a') TO ('zz');
    INSERT INTO p VALUES ('Berta'), ('anton'), ('Zeta');
    ALTER TABLE t OWNER TO "${source.database}_app"`);
  await here.dump(source.database);
  const elsewhere = await startTestPostgres();
  try {
    // As on a server made with initdb --locale-provider=icu.
    await elsewhere.sql('postgres', `CREATE DATABASE german TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de'`);
    await elsewhere.sql('postgres', 'ALTER DATABASE template0 IS_TEMPLATE false');
    await elsewhere.sql('postgres', 'DROP DATABASE template0');
    await elsewhere.sql('postgres', 'ALTER DATABASE german RENAME TO template0');
    await elsewhere.sql(
      'postgres',
      `UPDATE pg_database SET datistemplate = true, datcollversion = NULL WHERE datname = 'template0'`,
    );

    await expect(restoreIt(source, { postgres: elsewhere, to: 'failed' })).rejects.toMatchObject({
      problem: expect.stringMatching(/role ".*" does not exist/),
    });
    expect(await may(elsewhere, 'failed', 'CONNECT')).toEqual([{ may: false }]);

    const report = await restoreIt(source, { postgres: elsewhere, to: 'copy', without: ['--no-owner'] });
    expect(report.leftOut).toEqual(
      expect.arrayContaining([
        `GRANT of CONNECT to "${source.database}_reader" of the database: role "${source.database}_reader" does not exist`,
      ]),
    );
    expect(await may(elsewhere, 'copy', 'CONNECT')).toEqual([{ may: false }]);
    const [row] = await elsewhere.sql(
      'copy',
      `SELECT datlocprovider AS provider, datcollate AS collate, (SELECT string_agg(t, ' < ' ORDER BY t) FROM p) AS sorted
         FROM pg_database WHERE datname = current_database()`,
    );
    expect(row).toEqual({ provider: 'c', collate: 'C', sorted: 'Berta < Zeta < anton' });

    await elsewhere.sql('postgres', 'CREATE DATABASE taken TEMPLATE template0');
    const taken = await restoreIt(source, {
      postgres: elsewhere,
      to: 'taken',
      tables: [],
      without: ['--no-owner', '--no-privileges'],
    }).catch((error) => error);
    expect(taken).toMatchObject({ problem: expect.stringMatching(/empty range bound/) });
  } finally {
    await elsewhere.end();
  }
});

test('a role that may make databases, and no more: what it may not set is listed', async () => {
  const here = await world();
  await here.sql(`CREATE TABLE t AS SELECT 1 AS id; CREATE ROLE "${here.database}_app";
    ALTER DATABASE "${here.database}" SET log_statement = 'none';
    ALTER DATABASE "${here.database}" SET lc_monetary = 'C';
    ALTER ROLE "${here.database}_app" IN DATABASE "${here.database}" SET work_mem = '64MB';
    REVOKE CONNECT ON DATABASE "${here.database}" FROM PUBLIC; COMMENT ON DATABASE "${here.database}" IS 'mine'`);
  await here.dump();
  const user = `maker_${randomUUID().slice(0, 8)}`;
  await here.sql(`CREATE ROLE ${user} LOGIN PASSWORD 'pw' CREATEDB`);
  const postgres = { ...here.postgres, target: { ...here.postgres.target, user, password: 'pw' } };
  const report = await restoreIt(here, { postgres, without: ['--no-owner'] });
  expect(report.leftOut).toEqual([
    expect.stringMatching(/^setting log_statement of the database: permission denied/),
    expect.stringMatching(/^setting work_mem of the role ".*_app" of the database: permission denied/),
  ]);
  expect(report.differences).toEqual([
    `The database's setting log_statement did not come back.`,
    `The database's setting work_mem of the role "${here.database}_app" did not come back.`,
  ]);
  expect(await may(here.postgres, report.database, 'CONNECT')).toEqual([{ may: false }]);
});

test('security labels, whose provider only the old server loads: proved but for them, and listed by a restore', async () => {
  const here = await world({ drillPlace: ownDrillPlace() });
  // The catalog's own rows: no provider of labels is in Debian, and SECURITY LABEL asks one before it writes them.
  await here.sql(`CREATE TABLE t AS SELECT 1 AS id; SET allow_system_table_mods = on;
    INSERT INTO pg_seclabel VALUES ('t'::regclass, 'pg_class'::regclass, 0, 'classifier', 'secret');
    INSERT INTO pg_shseclabel SELECT oid, 'pg_database'::regclass, 'classifier', 'top secret'
      FROM pg_database WHERE datname = current_database()`);
  const manifest = await here.dump();
  expect(manifest.source.properties?.securityLabels).toEqual([{ provider: 'classifier', label: 'top secret' }]);
  const why = 'security label provider "classifier" is not loaded';
  expect(await here.verify(manifest)).toMatchObject({
    verdict: 'readable',
    reasons: expect.arrayContaining([
      `Not possible on the scratch server: ${why}.`,
      'Everything else was restored and compared equal.',
    ]),
  });

  const { leftOut, differences } = await restoreIt(here);
  expect(leftOut).toEqual([`SECURITY LABEL TABLE t: ${why}`, `security label of classifier of the database: ${why}`]);
  expect(differences).toEqual([`The database's security label of classifier did not come back.`]);
});
