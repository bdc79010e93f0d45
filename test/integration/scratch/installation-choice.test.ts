import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { readInstallation } from '../../../layers/postgres/places/installation.ts';
import { provideInstallation } from '../../../layers/scratch/installation.ts';
import { finish } from '../../../layers/scratch/made.ts';

let cacheDir: string;

beforeAll(async () => {
  cacheDir = await mkdtemp(path.join(tmpdir(), 'pgvouch-scratch-'));
  const place = path.join(cacheDir, 'scratch/18-amd64-0f3a9c1e');
  const unfinished = path.join(place, 'unfinished');
  await mkdir(unfinished, { recursive: true });
  await finish(
    unfinished,
    place,
    { extras: ['postgresql-18-cron', 'postgresql-18-postgis-3'], packages: [] },
    new Date(),
  );
});
afterAll(() => rm(cacheDir, { recursive: true, force: true }));

test('a server with more extensions serves a drill; what is copied into an image or a layer has those alone', async () => {
  // Nothing is there.
  const mirror = 'http://127.0.0.1:1/debian';
  const request = { major: 18, architecture: 'amd64', packages: ['postgresql-18-cron'], cacheDir, mirror } as const;
  expect(await provideInstallation(request)).toMatchObject({ folder: expect.stringContaining('18-amd64-0f3a9c1e') });
  await expect(provideInstallation({ ...request, exact: true })).rejects.toThrow('127.0.0.1');
});

test("npm's server does not count as having PL/Perl and PL/Python, whose libraries it cannot load", () => {
  const { extensions = new Set() } = readInstallation(embeddedPostgres()) ?? {};
  const languages = ['plpgsql', 'hstore', 'plperl', 'hstore_plperlu', 'plpython3u', 'ltree_plpython3u'];
  expect(languages.filter((name) => extensions.has(name))).toEqual(['plpgsql', 'hstore']);
});
