import { testStateDir } from '../servers/ceph.ts';
import { installationWithLocales } from '../servers/installations.ts';
import { startTestPostgres, type TestPostgres } from '../servers/postgres.ts';

/** Where drills find servers and locales beyond those at hand. */
export const DEBIAN = { cacheDir: testStateDir, mirror: process.env.DEBIAN_MIRROR };

const NAMES = ['en_US.UTF-8', 'de_DE.UTF-8', 'ja_JP.UTF-8', 'ja_JP.EUC-JP'];

/** As initdb makes them of what `locale -a` prints, which are this machine's. */
const SYSTEM_COLLATIONS = `
  INSERT INTO pg_collation (oid, collname, collnamespace, collowner, collprovider, collisdeterministic, collencoding,
                            collcollate, collctype)
  SELECT 15000 + row_number() OVER (), name, 11, 10, 'c', true, 6, locale, locale
    FROM unnest(ARRAY['en_US', 'en_US.utf8', 'de_DE', 'de_DE.utf8', 'ja_JP.utf8'],
                ARRAY['en_US.utf8', 'en_US.utf8', 'de_DE.utf8', 'de_DE.utf8', 'ja_JP.utf8']) AS t (name, locale);
  UPDATE pg_collation SET collversion = pg_collation_actual_version(oid) WHERE oid BETWEEN 15000 AND 15999`;

/** Debian's PostgreSQL, with some of Debian's locales. */
export async function startServerWithLocales(): Promise<TestPostgres> {
  const server = await startTestPostgres(await installationWithLocales(18, NAMES));
  await server.sql('postgres', "UPDATE pg_database SET datallowconn = true WHERE datname = 'template0'");
  await server.sql('template0', SYSTEM_COLLATIONS);
  return server;
}

/** Makes an empty database anew, in a locale. */
export async function makeAnew(server: TestPostgres, database: string, locale: string, encoding = 'UTF8') {
  await server.sql('postgres', `DROP DATABASE "${database}"`);
  const create = `CREATE DATABASE "${database}" TEMPLATE template0 ENCODING '${encoding}' LOCALE '${locale}'`;
  await server.sql('postgres', create);
}

/** Rows in partitions that would not lie there in the order of C. */
const sorted = (from: string, to: string, ...between: readonly string[]) => `
  CREATE TABLE people (name text PRIMARY KEY CHECK (name < '${to}')) PARTITION BY RANGE (name);
  CREATE TABLE people_1 PARTITION OF people FOR VALUES FROM ('${from}') TO ('${to}');
  INSERT INTO people VALUES ${between.map((name) => `('${name}')`)};
  CREATE MATERIALIZED VIEW first AS SELECT name FROM people ORDER BY name LIMIT 1;`;

/** Capitals come first in C, and letters with accents last. */
const LATIN = sorted('a', 'n', 'Berta', 'ärmel', 'Max');
/** Greek comes before kana in C; after them in JIS X 0208. */
const JAPANESE = sorted('あ', '亜', 'Ω', 'か');

/** Locales, encodings, and contents that only their order lets in. */
export const LOCALES = [
  ['en_US.UTF-8', 'UTF8', LATIN],
  ['de_DE.UTF-8', 'UTF8', LATIN],
  ['ja_JP.UTF-8', 'UTF8', JAPANESE],
  ['ja_JP.EUC-JP', 'EUC_JP', JAPANESE],
] as const;
