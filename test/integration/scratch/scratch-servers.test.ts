import { once } from 'node:events';
import { mkdirSync, symlinkSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { DrillPlace } from '../../../functions/verify/scratch.ts';
import type { Verdict } from '../../../layers/backup/verdict.ts';
import { hostArchitecture } from '../../../layers/debian/debian-packages.ts';
import { chooseServer } from '../../../layers/scratch/choose-server.ts';
import { installationOf } from '../../support/servers/installations.ts';
import { startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { expectNothingLeft, ownDrillPlace } from '../../support/world/drill-place.ts';
import { verifyIn } from '../../support/world/drill-run.ts';
import { DEBIAN } from '../../support/world/locales.ts';
import { type World, world } from '../../support/world/world.ts';

let server: TestPostgres;
let plain: World;
let compressed: World;

beforeAll(async () => {
  server = await startTestPostgres({ installation: await installationOf(15) });
  const table = `CREATE TABLE t AS SELECT g AS id, repeat(md5(g::text), 100) AS note FROM generate_series(1, 200) g;
    ALTER TABLE t ADD PRIMARY KEY (id);`;
  plain = await world({ postgres: server });
  await plain.sql(table);
  compressed = await world({ postgres: server });
  await compressed.sql(`${table} ALTER TABLE t ALTER COLUMN note SET COMPRESSION lz4`);
});
afterAll(() => server?.end());

let firedAt = Date.now();

/** A mirror that refuses every connection. */
const nowhere = (cacheDir: string) => ({ cacheDir, mirror: 'http://127.0.0.1:9/debian' });

/** Takes a backup, and verifies it in a place. */
async function prove(here: World, place: Partial<DrillPlace>, timeMs = 110_000): Promise<Verdict | undefined> {
  const drillPlace = ownDrillPlace(place);
  firedAt += 1_000;
  const manifest = await here.dump(undefined, { firedAt: new Date(firedAt) });
  const verdict = await verifyIn(here, manifest, drillPlace, AbortSignal.timeout(timeMs));
  expectNothingLeft(drillPlace);
  return verdict;
}

test('a server of the backup’s major is made from Debian packages if none is at hand', async () => {
  const verdict = await prove(plain, { debian: DEBIAN });
  expect(verdict).toMatchObject({
    verdict: 'restorable',
    drill: { serverVersion: expect.stringMatching(/^15\.\d+ \(Debian/), client: expect.stringMatching(/^15\./) },
  });
  expect(verdict?.reasons).toHaveLength(1);
});

test('without Debian packages the next newer major at hand serves, and the verdict says so', async () => {
  expect(await prove(plain, {})).toMatchObject({
    verdict: 'restorable',
    reasons: [
      expect.stringContaining('compared equal'),
      expect.stringMatching(/^It was restored into PostgreSQL 18\.\d+; the server was PostgreSQL 15\.\d+\.$/),
    ],
    drill: { client: expect.stringMatching(/^18\./) },
  });
});

test('lz4 is one of the things that a server made from Debian packages has, and the embedded one lacks', async () => {
  expect(await prove(compressed, {})).toMatchObject({ verdict: 'readable' });
  expect(await prove(compressed, { debian: DEBIAN })).toMatchObject({ verdict: 'restorable' });
});

test('an extension that PostgreSQL gave up is left out on a newer major, and nothing else', async () => {
  const here = await world({ postgres: server });
  await here.sql(`CREATE EXTENSION adminpack; CREATE EXTENSION old_snapshot;
    CREATE TABLE t AS SELECT 1 AS id; CREATE VIEW v AS SELECT * FROM t`);
  const verdict = await prove(here, {});
  expect(verdict).toMatchObject({
    verdict: 'restorable',
    reasons: expect.arrayContaining([
      'The extension adminpack was left out: PostgreSQL 17 and newer have it no more.',
      'The extension old_snapshot was left out: PostgreSQL 17 and newer have it no more.',
    ]),
  });
  await here.sql('CREATE VIEW snapshots AS SELECT * FROM pg_old_snapshot_time_mapping()');
  const needed = await prove(here, {});
  expect(needed?.verdict).toBe('readable');
  expect(needed?.reasons.filter((one) => one.includes('old_snapshot'))).toHaveLength(1);
  expect(needed?.reasons.join(' ')).toContain('Schema "public" came back with 1 views; the manifest says 2');
});

test('if Debian cannot be reached and nothing is cached, the server at hand serves, and the verdict says why', async () => {
  const { folder: cacheDir } = ownDrillPlace();
  const verdict = await prove(plain, { debian: nowhere(cacheDir) });
  expect(verdict?.verdict).toBe('restorable');
  expect(verdict?.reasons.join(' ')).toContain('No server with all that the backup needs could be made: ');
});

test.each([
  { what: 'an extension', needs: { extensions: ['vector'] }, lacks: 'vector' },
  { what: 'a locale', needs: { locales: ['de_DE.UTF-8'] }, lacks: 'de_DE.UTF-8' },
  { what: 'lz4', needs: { lz4: true }, lacks: 'lz4' },
])('if Debian cannot be reached, a server at hand that lacks $what does not serve', async ({ needs, lacks }) => {
  const { folder: cacheDir, installations } = ownDrillPlace();
  const asked = { ...{ major: 18, extensions: ['hstore'], locales: [], lz4: false }, ...needs };
  const choice = () => chooseServer(installations, nowhere(cacheDir), asked, AbortSignal.timeout(110_000));
  await expect(choice()).rejects.toMatchObject({ name: 'ConfigError', subject: `PostgreSQL 18 with ${lacks}` });
  // A cluster's files start on it.
  const exact = chooseServer(
    ...([installations, nowhere(cacheDir), { ...asked, exact: true }, AbortSignal.timeout(110_000)] as const),
  );
  expect(await exact).toMatchObject({ major: 18, remarks: [expect.stringContaining('127.0.0.1')] });
});

test('what Debian does not have either is no reason to wait for it', async () => {
  const { folder: cacheDir, installations } = ownDrillPlace();
  const needs = { major: 18, extensions: ['nobody_has_this'], locales: ['German_Germany.1252'], lz4: false };
  const chosen = await chooseServer(installations, nowhere(cacheDir), needs, AbortSignal.timeout(110_000));
  expect(chosen).toMatchObject({ major: 18, remarks: [] });
});

test.each([
  { how: 'hangs up', time: 110_000, says: 'from http://127.0.0.1:' },
  { how: 'is silent', time: 15_000, says: 'time ran out before a scratch server was ready' },
])(
  'a mirror that $how, and nothing at hand or cached: no verdict, and the error says why',
  async ({ how, time, says }) => {
    const mirror = createServer((socket) => {
      if (how === 'hangs up') socket.destroy();
      else socket.on('error', () => {}).resume();
    }).listen(0, '127.0.0.1');
    await once(mirror, 'listening');
    onTestFinished(() => void mirror.close());
    const [{ folder: cacheDir }, { folder: empty }] = [ownDrillPlace(), ownDrillPlace()];
    const debian = { cacheDir, mirror: `http://127.0.0.1:${(mirror.address() as AddressInfo).port}/debian` };
    const error = await prove(plain, { installations: [empty], debian }, time).catch((error) => error);
    expect(error).toMatchObject({ name: 'ConfigError', problem: expect.stringContaining(says) });
    expect(error.hint).toMatch(how === 'hangs up' ? /DEBIAN_MIRROR.*SCRATCH_POSTGRES_DIR/ : /check the scratch server/);
    const firing = new Date(firedAt).toISOString().slice(0, 19).replaceAll(':', '-');
    const stored = (await plain.keys()).filter((key) => key.includes(firing));
    expect(stored).toContainEqual(expect.stringMatching(/manifest\.json$/));
    expect(stored).not.toContainEqual(expect.stringContaining('verdict-'));
  },
);

test('if the mirror does not answer, a newer major in the cache serves, and the verdict says why', async () => {
  const { folder: cacheDir } = ownDrillPlace();
  await installationOf(17);
  const place = path.join('scratch', `17-${hostArchitecture()}`);
  mkdirSync(path.join(cacheDir, 'scratch'));
  symlinkSync(path.resolve(DEBIAN.cacheDir, place), path.join(cacheDir, place));
  const needs = { major: 15, extensions: [], locales: [], lz4: true };
  const chosen = await chooseServer([], nowhere(cacheDir), needs, AbortSignal.timeout(110_000));
  await chosen?.release();
  const why = expect.stringMatching(/^No server with all that the backup needs could be made: .*127/);
  expect(chosen).toMatchObject({ major: 17, remarks: [why] });
  const exact = chooseServer([], nowhere(cacheDir), { ...needs, exact: true }, AbortSignal.timeout(110_000));
  await expect(exact).rejects.toMatchObject({ name: 'ConfigError', subject: 'PostgreSQL 15' });
});

test('a server is there, and its locales cannot be had: it serves for a cluster’s files alone, and says why', async () => {
  const { folder: cacheDir } = ownDrillPlace();
  symlinkSync(path.resolve(DEBIAN.cacheDir, 'scratch'), path.join(cacheDir, 'scratch'));
  const needs = { major: 15, extensions: [], locales: ['de_DE.UTF-8'], lz4: true };
  const choice = (exact: boolean) =>
    chooseServer([], nowhere(cacheDir), { ...needs, exact }, AbortSignal.timeout(110_000));
  const why = expect.stringMatching(/^Locales could not be had: .*127/);
  await expect(choice(false)).rejects.toMatchObject({ name: 'ConfigError', problem: why });
  const chosen = await choice(true);
  await chosen?.release();
  expect(chosen).toMatchObject({ major: 15, remarks: [why] });
});
