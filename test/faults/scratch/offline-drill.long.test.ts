import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostArchitecture } from '../../../layers/debian/debian-packages.ts';
import { provideInstallation } from '../../../layers/scratch/installation.ts';
import { testStateDir } from '../../support/servers/ceph.ts';
import { pgvouchProcess, variablesOf } from '../../support/servers/command-line.ts';
import { startTestMirror, type TestMirror } from '../../support/servers/debian-mirror.ts';
import { startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { quickInstallation } from '../../support/servers/quick-installation.ts';
import { ownDrillPlace } from '../../support/world/drill-place.ts';
import { verifyIn } from '../../support/world/drill-run.ts';
import { type World, world } from '../../support/world/world.ts';

const cacheDir = mkdtempSync(path.join(tmpdir(), 'pgvouch-offline-'));
let mirror: TestMirror;
let server: TestPostgres;
let here: World;

beforeAll(async () => {
  mirror = await startTestMirror();
  const shared = { architecture: hostArchitecture(), cacheDir: testStateDir, mirror: process.env.DEBIAN_MIRROR };
  const { folder } = await provideInstallation({ ...shared, major: 18, packages: ['postgresql-18-pgvector'] });
  server = await startTestPostgres({ installation: quickInstallation(folder) });
  here = await world({ postgres: server, database: 'shop' });
  await here.sql(`CREATE EXTENSION vector; CREATE TABLE items AS SELECT g AS id, ARRAY[g, 1, 2]::vector AS meaning
    FROM generate_series(1, 1000) g; CREATE INDEX ON items USING hnsw ((meaning::vector(3)) vector_l2_ops)`);
}, 240_000);

afterAll(async () => {
  await mirror?.close();
  await server?.end();
  rmSync(cacheDir, { recursive: true, force: true });
});

test('what one drill has fetched serves another process, days later and without a network', async () => {
  const now = Date.now();
  const first = await here.dump(undefined, { firedAt: new Date(now - 60_000) });
  const place = ownDrillPlace({ debian: { cacheDir, mirror: mirror.url } });
  const fetched = await verifyIn(here, first, place, AbortSignal.timeout(240_000));
  expect(fetched).toMatchObject({ verdict: 'restorable', drill: { serverVersion: expect.stringContaining('Debian') } });
  expect(mirror.requests).toContainEqual(expect.stringContaining('postgresql-18-pgvector'));

  await mirror.close();
  // It is time to ask for newer packages.
  const [looked = ''] = readdirSync(path.join(cacheDir, 'scratch')).filter((name) => name.endsWith('.looked'));
  const stamp = path.join(cacheDir, 'scratch', looked);
  const daysAgo = new Date(now - 3 * 86_400_000).toISOString();
  writeFileSync(stamp, daysAgo);
  await here.dump(undefined, { firedAt: new Date(now) });
  const { folder, installations } = ownDrillPlace();
  const env = {
    ...variablesOf(here.vault, server.target),
    ...{ POSTGRES_DB: 'shop', DEBIAN_MIRROR: mirror.url, SCRATCH_CACHE_DIR: cacheDir },
    ...{ SCRATCH_POSTGRES_DIR: installations.join(':'), DRILL_FOLDER: folder },
  };
  const offline = await pgvouchProcess(env, 'verify', 'latest', '--json');
  expect(offline).toMatchObject({ exitCode: 0, stderr: '' });
  expect(JSON.parse(offline.stdout)).toMatchObject([
    { verdict: { verdict: 'restorable', drill: { serverVersion: expect.stringContaining('Debian') } } },
  ]);
  // Nobody could be asked.
  expect(readFileSync(stamp, 'utf8')).toBe(daysAgo);
}, 300_000);
