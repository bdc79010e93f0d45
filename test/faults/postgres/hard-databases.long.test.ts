import { expect, test } from 'vitest';
import { drillInstallations, installationOf } from '../../support/servers/installations.ts';
import { startTestPostgres } from '../../support/servers/postgres.ts';
import { expectNothingLeft, ownDrillPlace } from '../../support/world/drill-place.ts';
import { ENCODINGS, type Encoding } from '../../support/world/encodings.ts';
import { makeHardDatabase } from '../../support/world/hard-database.ts';
import { DEBIAN } from '../../support/world/locales.ts';
import { prove, proveEncoding, proveLocale } from '../../support/world/proof.ts';
import { world } from '../../support/world/world.ts';

const LONG_MS = 600_000;

test.each([15, 16, 17, 18] as const)(
  'everything that is hard to back up, on PostgreSQL %i, among thousands of tables',
  async (major) => {
    // npm's 16 has pltcl, which Debian has in a package of its own.
    const place = ownDrillPlace({ installations: await drillInstallations(), debian: DEBIAN });
    // LLVM is not among the packages, and pg_dump's queries about so many tables would use it.
    const settings = { jit: 'off' };
    const postgres = await startTestPostgres({ installation: await installationOf(major), settings });
    try {
      const here = await world({ postgres, drillPlace: place, database: 'hard' });
      const hard = await makeHardDatabase(postgres, 'hard', { major, tables: 2000 });
      const { manifest, drill } = await prove(here).finally(hard.close);
      // There is no client of 16 among ours: the next newer one it is, and so the server to drill on.
      const client = major === 16 ? 17 : major;
      expect(manifest.client.major).toBe(client);
      expect(drill?.serverVersion).toMatch(new RegExp(`^${client}\\.`));
      expectNothingLeft(place);
    } finally {
      await postgres.end();
    }
  },
  LONG_MS,
);

test(
  'a row of 200 MB',
  async () => {
    const here = await world({ drillPlace: ownDrillPlace() });
    await here.sql(`
      CREATE TABLE huge (id int, content bytea, t text);
      ALTER TABLE huge ALTER content SET STORAGE EXTERNAL;
      INSERT INTO huge SELECT 1, decode(repeat('00ff5c27220a0d09', 25000000), 'hex'), 'x';
      INSERT INTO huge VALUES (2, NULL, NULL)`);
    const { manifest } = await prove(here);
    expect(manifest.source.sizeBytes).toBeGreaterThan(200_000_000);
  },
  LONG_MS,
);

test('a locale of PostgreSQL itself', async () => {
  expect(await proveLocale("builtin BUILTIN_LOCALE 'C.UTF-8'")).toMatchObject({ localeProvider: 'builtin' });
});

test('a locale of ICU', async () => {
  expect(await proveLocale("icu ICU_LOCALE 'de-u-co-phonebk'")).toMatchObject({ locale: 'de-u-co-phonebk' });
});

const encodings = Object.keys(ENCODINGS).filter((one) => one !== 'EUC_JP') as Encoding[];
test.each(encodings)('a database in %s', (encoding) => proveEncoding(encoding, {}));

test.each([15, 16, 17] as const)(
  'databases in LATIN1 and EUC_JP on PostgreSQL %i',
  async (major) => {
    const server = { installation: await installationOf(major) };
    const place = ownDrillPlace({ installations: await drillInstallations() });
    await proveEncoding('LATIN1', server, place);
    await proveEncoding('EUC_JP', server, place);
  },
  LONG_MS,
);
