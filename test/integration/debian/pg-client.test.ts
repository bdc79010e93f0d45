import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findFreePort } from '../../../events/offline/machine/ports.ts';
import {
  buildPgClientLayer,
  type PgClientLayer,
  pgClientMajors,
  pgClientPrograms,
} from '../../../layers/build/pg-client/layer.ts';
import { runTool } from '../../../layers/debian/tool.ts';
import { testStateDir } from '../../support/servers/ceph.ts';
import {
  clientLayer,
  expectAllLibraries,
  expectDescribed,
  expectToRun,
  host,
  MOST_BYTES,
} from '../../support/servers/client-layer.ts';

/** Of this machine's architecture: `npm run faults` has the other's. */
const layers = new Map<number, PgClientLayer>();
let scratch: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'pgvouch-layer-'));
  for (const major of pgClientMajors) layers.set(major, await clientLayer(major, host));
}, 600_000);

afterAll(() => rm(scratch, { recursive: true, force: true }));

function layerOf(major: number): PgClientLayer {
  return layers.get(major) ?? expect.unreachable(`no layer ${major}`);
}

describe.each(pgClientMajors)(`PostgreSQL %s for ${host}`, (major) => {
  const layer = () => layerOf(major);
  test('says what it is made of', () => expectDescribed(layer(), { major, architecture: host }));
  test('has every library that a program or library in it needs', () => expectAllLibraries(layer(), major));
  test('its programs run', () => expectToRun(layer(), major));
});

test('all majors together leave room for the function itself', () => {
  const bytes = pgClientMajors.map((major) => layerOf(major).manifest.sizeBytes);

  expect(bytes.reduce((sum, size) => sum + size)).toBeLessThan(MOST_BYTES);
});

describe.each(pgClientMajors)('PostgreSQL %s on this machine', (major) => {
  test('loads nothing from outside of the layer', async () => {
    const home = join(layerOf(major).root, String(major));
    const [loader = ''] = (await readdir(join(home, 'lib'))).filter((name) => name.startsWith('ld-linux'));
    for (const program of pgClientPrograms(major)) {
      const list = ['--inhibit-cache', '--library-path', join(home, 'lib'), '--list', join(home, 'libexec', program)];
      const { stdout } = await runTool(join(home, 'lib', loader), list);
      const paths = [...stdout.matchAll(/(?:=> |^\s+)(\/\S+) \(/gm)].map(([, path = '']) => path);
      expect(paths.length).toBeGreaterThan(3);
      for (const path of paths) expect(path).toContain(home);
    }
  });

  test('is found through links, relative paths and PATH', async () => {
    const { binDir } = layerOf(major);
    const dir = join(scratch, `links ${major}`);
    await mkdir(dir);
    await symlink(join(binDir, 'pg_dump'), join(dir, 'absolute'));
    await symlink('absolute', join(dir, 'relative'));
    const version = { exitCode: 0, stdout: expect.stringContaining(`pg_dump (PostgreSQL) ${major}.`) };

    expect(await runTool(join(dir, 'relative'), ['--version'])).toMatchObject(version);
    expect(await runTool('./relative', ['--version'], { cwd: dir })).toMatchObject(version);
    expect(await runTool('pg_dump', ['--version'], { env: { PATH: binDir } })).toMatchObject(version);
    expect(await runTool('sh', ['pg_dump', '--version'], { cwd: binDir })).toMatchObject(version);
  });

  test('pg_dumpall finds its pg_dump: all it misses is the server', async () => {
    const { binDir } = layerOf(major);
    const args = ['-h', '127.0.0.1', '-p', String(await findFreePort()), '-U', 'nobody', '-w'];

    const { exitCode, stderr } = await runTool(join(binDir, 'pg_dumpall'), args, { env: {} });

    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/Connection refused/);
    expect(stderr).not.toMatch(/"pg_dump"/);
  });

  test('asks for TLS where it is required', async () => {
    const requests: Buffer[] = [];
    const server = createServer((socket) => {
      socket.once('data', (request) => {
        requests.push(request);
        socket.end('N');
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    try {
      const url = `host=127.0.0.1 port=${port} sslmode=require user=nobody dbname=none`;
      const { exitCode, stderr } = await runTool(join(layerOf(major).binDir, 'psql'), [url], { env: {} });
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(/server does not support SSL, but SSL was required/);
      expect(requests[0]?.toString('hex')).toBe('0000000804d2162f');
    } finally {
      server.close();
    }
  });
});

test('two at once build it once; one that Debian has newer packages for is built again, if it is asked', async () => {
  const [major, stateDir] = [17, join(scratch, 'state')] as const;
  await mkdir(stateDir);
  await symlink(join(testStateDir, 'debian'), join(stateDir, 'debian'));
  const build = { major, architecture: host, stateDir, mirror: process.env.DEBIAN_MIRROR };
  const buildAndLook = () =>
    buildPgClientLayer(build).then(async (layer) => ({ layer, madeAt: (await stat(layer.binDir)).mtimeMs }));
  const [first, second] = await Promise.all([buildAndLook(), buildAndLook()]);
  expect(second).toEqual(first);
  expect(await readdir(join(stateDir, 'layers'))).toEqual([
    `pg-client-17-${host}`,
    `pg-client-17-${host}.lock`,
    `pg-client-17-${host}.looked`,
  ]);

  const { layer: fresh } = first;
  const manifestFile = join(fresh.root, '17/manifest.json');
  const packages = fresh.manifest.packages.map((one) => ({ ...one, version: `${one.version}~older` }));
  const outdated = { ...fresh.manifest, version: '17.0', packages };
  await writeFile(manifestFile, JSON.stringify(outdated));

  expect((await buildPgClientLayer(build)).manifest.version).toBe('17.0');
  expect((await buildPgClientLayer({ ...build, lookEveryMs: 3_600_000 })).manifest.version).toBe('17.0');
  const away = await buildPgClientLayer({ ...build, mirror: 'http://127.0.0.1:9/debian', lookEveryMs: 0 });
  expect(away).toMatchObject({ manifest: { version: '17.0' }, lookFailure: expect.stringContaining('127.0.0.1:9') });
  expect(await buildPgClientLayer({ ...build, lookEveryMs: 0 })).toEqual(fresh);
});
