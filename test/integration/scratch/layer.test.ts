import { chmod, cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { ServerRequest } from '../../../layers/build/scratch-postgres/gather.ts';
import { buildScratchLayer } from '../../../layers/build/scratch-postgres/layer.ts';
import { hostArchitecture } from '../../../layers/debian/debian-packages.ts';
import { readInstallation } from '../../../layers/postgres/places/installation.ts';
import { lacksAtHand } from '../../../layers/scratch/choose-server.ts';
import { testStateDir } from '../../support/servers/ceph.ts';
import { startTestPostgres } from '../../support/servers/postgres.ts';
import { ownDrillPlace } from '../../support/world/drill-place.ts';
import { world } from '../../support/world/world.ts';

const build: ServerRequest = {
  ...{ major: 18, architecture: hostArchitecture(), extensions: ['vector'], locales: ['en_US.UTF-8'] },
  ...{ stateDir: testStateDir, mirror: process.env.DEBIAN_MIRROR },
};

test('extensions that have no room are left out, those first that are named last; locales are not', async () => {
  const asked = { ...build, extensions: ['vector', 'plperl'] };
  const most = 85_000_000;
  const { dir, left, sizeBytes } = await buildScratchLayer(asked, most);
  expect([left, sizeBytes < most]).toEqual([['plperl'], true]);
  const { extensions = new Set() } = readInstallation(path.join(dir, 'scratch-postgres')) ?? {};
  expect(asked.extensions.filter((name) => extensions.has(name))).toEqual(['vector']);
  expect(await buildScratchLayer(asked, most)).toMatchObject({ dir, left, sizeBytes });
  await expect(buildScratchLayer(build, 50_000_000)).rejects.toMatchObject({
    name: 'ConfigError',
    problem: expect.stringMatching(/^it has 8\d{7} bytes, more than the 50000000 /),
    hint: 'name fewer SCRATCH_LOCALES',
  });
  const layers = await readdir(path.join(testStateDir, 'layers'));
  expect(layers.filter((name) => name.endsWith('.unfinished'))).toEqual([]);
});

test('the layer for Lambda is a server that runs wherever it lies, with the extensions and locales that it was asked for', async () => {
  const { dir, version } = await buildScratchLayer(build);
  const elsewhere = await mkdtemp(path.join(tmpdir(), 'pgvouch-layer-'));
  await chmod(elsewhere, 0o755);
  try {
    const installation = path.join(elsewhere, 'scratch-postgres');
    await cp(path.join(dir, 'scratch-postgres'), installation, { recursive: true });
    const files = await readdir(elsewhere, { recursive: true, withFileTypes: true });
    expect(files.filter((file) => file.isSymbolicLink())).toEqual([]);
    expect(await readFile(path.join(installation, 'bin/postgres'), 'utf8')).not.toContain(testStateDir);
    const server = readInstallation(installation);
    expect([server?.major, server?.lz4, server?.hasLocale('en_US.utf8')]).toEqual([18, true, true]);
    expect(server?.hasLocale('de_DE.UTF-8')).toBe(false);
    const needs = { extensions: ['vector', 'postgis'], locales: ['en_US.UTF-8', 'de_DE.UTF-8'], lz4: true };
    expect(lacksAtHand([installation], { ...needs, major: 18 })).toEqual(['postgis', 'de_DE.UTF-8']);
    expect(lacksAtHand([installation], { ...needs, major: 19 })).toEqual([]);

    const postgres = await startTestPostgres({ installation });
    try {
      const drillPlace = ownDrillPlace({ installations: [installation] });
      const here = await world({ postgres, drillPlace, database: 'american' });
      await postgres.sql('postgres', `DROP DATABASE american`);
      await postgres.sql(
        'postgres',
        `CREATE DATABASE american TEMPLATE template0 LOCALE 'en_US.UTF-8' LOCALE_PROVIDER libc`,
      );
      await here.sql(`CREATE EXTENSION vector; CREATE EXTENSION hstore;
        CREATE TABLE t (word text COMPRESSION lz4 CHECK (word < 'Z'), place vector(3));
        INSERT INTO t VALUES ('a', '[1,2,3]'), ('B', '[4,5,6]');
        CREATE INDEX ON t USING hnsw (place vector_l2_ops)`);
      const verdict = await here.verify(await here.dump());
      expect(verdict).toMatchObject({
        verdict: 'restorable',
        drill: { serverVersion: expect.stringContaining(version) },
      });
    } finally {
      await postgres.end();
    }
  } finally {
    await rm(elsewhere, { recursive: true, force: true });
  }
});

test('it serves until something else is to be in it', async () => {
  const { dir } = await buildScratchLayer(build);
  const made = (await readdir(dir)).length;
  expect(made).toBe(2);
  await expect(buildScratchLayer({ ...build, extensions: ['nobody_has_this'] })).rejects.toThrow(
    /nobody_has_this: Debian's packages for PostgreSQL 18 do not have it\nHint: check SCRATCH_EXTENSIONS/,
  );
  await expect(buildScratchLayer({ ...build, locales: ['xx_XX.UTF-8'] })).rejects.toThrow(/SCRATCH_LOCALES/);
  expect(await buildScratchLayer(build)).toMatchObject({ dir });
});
