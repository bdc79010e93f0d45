import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { OtherVersion } from '../../../layers/backup/text-order.ts';
import { connect } from '../../../layers/postgres/connect/connection.ts';
import { dependsOnOrder, type OrderComplaint } from '../../../layers/postgres/places/drill-order.ts';
import type { TestPostgres } from '../../support/servers/postgres.ts';
import { ownDrillPlace, serverPlace } from '../../support/world/drill-place.ts';
import { verifyIn } from '../../support/world/drill-run.ts';
import { DEBIAN, LOCALES, makeAnew, startServerWithLocales } from '../../support/world/locales.ts';
import { type World, world } from '../../support/world/world.ts';

let server: TestPostgres;

/** Drills are held on it, too. */
beforeAll(async () => {
  server = await startServerWithLocales();
});

afterAll(() => server?.end());

async function worldIn(locale: string, encoding?: string): Promise<World> {
  const here = await world({ postgres: server, drillPlace: serverPlace(server.target) });
  await makeAnew(server, here.database, locale, encoding);
  return here;
}

/** Collations of the system and of users beside the database's own. */
const COLLATED = `
  CREATE COLLATION german (provider = icu, locale = 'de-u-co-phonebk', deterministic = false);
  CREATE COLLATION english (locale = 'en_US.UTF-8');
  CREATE DOMAIN word AS text COLLATE "de_DE.utf8" CHECK (value > 'a');
  CREATE TYPE words AS RANGE (subtype = text, collation = "en_US.utf8");
  CREATE FUNCTION later(text, text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN RETURN $1 COLLATE pg_catalog."ja_JP.utf8" > $2; END';
  CREATE TABLE terms (id int, a text COLLATE "de_DE", b text COLLATE german UNIQUE, c word, d words,
                      e text COLLATE "en_US" CHECK (later(e, 'A')));
  CREATE INDEX ON terms (e COLLATE "de-x-icu");
  INSERT INTO terms VALUES (1, 'Ä', 'Ärger', 'Übel', '[a,B]', 'b');`;

/** Of another language and another encoding; all are in `npm run compatibility`. */
const SOME = LOCALES.filter(([locale]) => locale === 'ja_JP.EUC-JP');

test.each(SOME)('a database in %s (%s) is restorable, and sorted as it was', async (locale, encoding, contents) => {
  const here = await worldIn(locale, encoding);
  await here.sql(contents);
  const manifest = await here.dump();
  expect(manifest.source).toMatchObject({ collate: locale, collationVersion: expect.stringMatching(/^2\.\d+$/) });
  expect(await here.verify(manifest)).toMatchObject({
    verdict: 'restorable',
    reasons: [expect.stringMatching(/^Restored and compared equal/)],
  });
});

test('collations that columns, indexes, types and functions name are recorded, and made where a cluster lacks them', async () => {
  const here = await worldIn('en_US.UTF-8');
  await here.sql(COLLATED);
  const manifest = await here.dump();
  const names = manifest.source.collations?.map(
    (one) => `${one.name} of ${one.provider} ${one.version?.split('.')[0]}`,
  );
  const ofLibc = ['de_DE', 'de_DE.utf8', 'en_US', 'en_US.utf8', 'ja_JP.utf8', 'english'].map(
    (name) => `${name} of libc 2`,
  );
  expect(names).toEqual(['de-x-icu of icu 153', ...ofLibc, 'german of icu 153']);
  expect(manifest.source.collations).toContainEqual({
    ...{ schema: 'public', name: 'german', provider: 'icu', collate: null, ctype: null, locale: 'de-u-co-phonebk' },
    version: expect.any(String),
  });
  // A cluster of its own, which has only what is made in it.
  const drillPlace = ownDrillPlace({ debian: DEBIAN });
  const verdict = await verifyIn(here, manifest, drillPlace, AbortSignal.timeout(110_000));
  expect(verdict?.reasons).toEqual([expect.stringMatching(/^Restored and compared equal/)]);
  expect(verdict).toMatchObject({ verdict: 'restorable', drill: { serverVersion: expect.stringContaining('Debian') } });

  await here.sql(`UPDATE pg_database SET datcollversion = '2.28' WHERE datname = current_database();
    UPDATE pg_collation SET collversion = '142.1' WHERE collname = 'german'`);
  const older = await here.dump(undefined, { firedAt: new Date(Date.now() + 5_000) });
  expect(await here.verify(older)).toMatchObject({
    verdict: 'restorable',
    reasons: [
      expect.stringMatching(/^Restored and compared equal/),
      expect.stringMatching(
        /^The scratch server sorts text by other versions: libc 2\.\d+ instead of 2\.28: the database \(en_US\.UTF-8\); icu [\d.]+ instead of 142\.1: "public"\."german"\.$/,
      ),
      // The server says so itself.
      expect.stringMatching(/^pg_dump warned: database "[^"]+" has a collation version mismatch/),
    ],
  });
});

/** As if `de_DE` had sorted as C does when the rows came, and by another version. */
const AS_IF = (version: string) => `UPDATE pg_collation
  SET collcollate = 'de_DE.utf8', collctype = 'de_DE.utf8', collversion = ${version} WHERE collname = 'older'`;

test('what breaks only by another order of text is not the backup’s fault; by the same order it is', async () => {
  const here = await worldIn('en_US.UTF-8');
  await here.sql(`CREATE COLLATION older (locale = 'C');
    CREATE TABLE people (name text COLLATE older) PARTITION BY RANGE (name);
    CREATE TABLE people_a PARTITION OF people FOR VALUES FROM ('A') TO ('b');
    INSERT INTO people VALUES ('Berta'), ('Zoe');`);
  await here.sql(AS_IF(`'2.28'`));
  const said = 'new row for relation "people_a" violates partition constraint';
  expect(await here.verify(await here.dump())).toMatchObject({
    verdict: 'readable',
    reasons: [
      expect.stringMatching(
        new RegExp(
          `^Not possible in the scratch server's order of text \\(libc 2\\.\\d+ instead of 2\\.28: "public"\\."older"\\): ${said}\\.$`,
        ),
      ),
      expect.stringContaining('Table "public"."people_a" came back with 0 rows; the manifest says 2.'),
      expect.stringContaining('sorts text by other versions'),
    ],
  });
  await here.sql(AS_IF(`(SELECT collversion FROM pg_collation WHERE collname = 'de_DE')`));
  const same = await here.dump(undefined, { firedAt: new Date(Date.now() + 5_000) });
  await expect(here.verify(same)).rejects.toMatchObject({ problem: expect.stringContaining(`unrestorable: `) });
});

test('what depends on the order of text is looked up in the database', async () => {
  const here = await worldIn('en_US.UTF-8');
  await here.sql(`CREATE COLLATION older (locale = 'de_DE.utf8');
    CREATE COLLATION loose (provider = icu, locale = 'und', deterministic = false);
    CREATE TYPE words AS RANGE (subtype = text, collation = older);
    CREATE TABLE people (name text COLLATE older, n int, nick text COLLATE loose,
                         CONSTRAINT below CHECK (name < 'z'), CONSTRAINT cased CHECK (lower(name) = 'a'),
                         CONSTRAINT one CHECK (name IN ('a', 'b')), CONSTRAINT number CHECK (n > 0),
                         CONSTRAINT other CHECK (nick COLLATE "C" < 'z'), CONSTRAINT loosely CHECK (nick = 'a')) PARTITION BY RANGE (name);
    CREATE TABLE inner_n PARTITION OF people FOR VALUES FROM ('a') TO ('b') PARTITION BY LIST (n);
    CREATE TABLE inner_1 PARTITION OF inner_n FOR VALUES IN (1);
    CREATE TABLE numbers (n int, name text) PARTITION BY LIST (name); CREATE TABLE numbers_1 PARTITION OF numbers DEFAULT`);
  const others = ['"public"."older"', '"public"."loose"'].map((collation) => ({
    ...{ collation, name: '', provider: '', recorded: '1', found: '2' },
  }));
  const client = await connect(server.target, here.database, 'test');
  onTestFinished(() => client.end());
  const ask = (complaint: OrderComplaint, of: readonly OtherVersion[] = others) =>
    dependsOnOrder(client, complaint, of);
  const checks = ['below', 'cased', 'loosely', 'one', 'number', 'other'];
  const depending: string[] = [];
  for (const constraint of checks) if (await ask({ kind: 'check', constraint })) depending.push(constraint);
  expect(depending).toEqual(['below', 'cased', 'loosely']);
  expect(await ask({ kind: 'equality', columns: ['id', 'nick'] })).toBe(true);
  expect(await ask({ kind: 'equality', columns: ['name', 'n'] })).toBe(false);
  expect(await ask({ kind: 'partition', relation: 'inner_1' })).toBe(true);
  expect(await ask({ kind: 'partition', relation: 'numbers_1' })).toBe(false);
  expect(await ask({ kind: 'range' })).toBe(true);
  expect(await ask({ kind: 'bounds' })).toBe(true);
  expect(await ask({ kind: 'bounds' }, others.slice(1))).toBe(false);
  const own = [{ collation: null, name: '', provider: '', recorded: '1', found: '2' }];
  expect(await ask({ kind: 'check', constraint: 'below' }, own)).toBe(false);
});
