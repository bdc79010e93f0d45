import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostArchitecture } from '../../../layers/debian/debian-packages.ts';
import { packagesFor } from '../../../layers/extensions/needs.ts';
import { provideInstallation } from '../../../layers/scratch/installation.ts';
import {
  type Beside,
  besideContainers,
  freshName,
  removeContainer,
  runArguments,
} from '../../support/container/container.ts';
import { buildImage, OWN_IMAGE, removeImages } from '../../support/container/images.ts';
import { podman } from '../../support/container/podman.ts';
import { testStateDir } from '../../support/servers/ceph.ts';
import { startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { type World, world } from '../../support/world/world.ts';

/** Interpreters have files of their own. */
const EXTENSIONS = ['vector', 'plperl', 'plpython3u', 'pltcl'];
const image = `${OWN_IMAGE}-extensions`;
const architecture = hostArchitecture();
const name = freshName();
let server: TestPostgres;
let here: World;
let beside: Beside;

beforeAll(async () => {
  const args = { SCRATCH_MAJORS: '18', SCRATCH_EXTENSIONS: EXTENSIONS.join() };
  await buildImage({ image, architecture, args });
  const { packages } = packagesFor(EXTENSIONS, 18);
  const place = { cacheDir: testStateDir, mirror: process.env.DEBIAN_MIRROR };
  const { folder } = await provideInstallation({ ...place, major: 18, architecture, packages });
  server = await startTestPostgres({ installation: folder });
  here = await world({ postgres: server });
  for (const extension of EXTENSIONS) await here.sql(`CREATE EXTENSION ${extension}`);
  await here.sql(`
    CREATE FUNCTION perl(int) RETURNS int LANGUAGE plperl AS 'return $_[0] + 1';
    CREATE FUNCTION python(a int) RETURNS int LANGUAGE plpython3u AS 'import json, re; return a + 1';
    CREATE FUNCTION tcl(int) RETURNS int LANGUAGE pltcl AS 'return [expr $1 + 1]';
    CREATE MATERIALIZED VIEW spoken AS SELECT perl(1), python(1), tcl(1);
    CREATE TABLE items AS SELECT g AS id, ARRAY[g, 1, 2]::vector(3) AS meaning FROM generate_series(1, 1000) g;
    CREATE INDEX ON items USING hnsw (meaning vector_l2_ops)`);
  beside = await besideContainers(here.vault, server.target);
}, 900_000);
afterAll(async () => {
  await removeContainer(name);
  await beside?.end();
  await server?.end();
  await removeImages(image);
});

test('an image that was built with SCRATCH_EXTENSIONS proves a database that has them, and asks Debian for nothing', async () => {
  await here.dump();
  // It knows no host by its name.
  const env = { ...beside.env, POSTGRES_DB: here.database, DEBIAN_MIRROR: 'http://127.0.0.1:9/debian' };
  const said = await podman(...runArguments(name, env, ['--dns', 'none'], image), 'verify', 'latest', '--json');
  expect(JSON.parse(said)).toMatchObject([
    { verdict: { verdict: 'restorable', drill: { serverVersion: expect.stringMatching(/^18\..*Debian/) } } },
  ]);
});
