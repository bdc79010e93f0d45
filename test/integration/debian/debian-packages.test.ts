import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import {
  type DownloadProgress,
  type UnpackRequest,
  unpackDebianPackages,
} from '../../../layers/debian/debian-packages.ts';
import { lookForNewer } from '../../../layers/debian/newer.ts';
import { runTool } from '../../../layers/debian/tool.ts';
import { startTestMirror, type TestMirror } from '../../support/servers/debian-mirror.ts';

let mirror: TestMirror;
/** Always the same folder: apt reads an index anew where it lies elsewhere. */
let dir: string;
/** Its cache with the index and the package. */
let filled: string;

beforeAll(async () => {
  mirror = await startTestMirror();
  filled = await mkdtemp(join(tmpdir(), 'pgvouch-debian-filled-'));
  dir = await mkdtemp(join(tmpdir(), 'pgvouch-debian-'));
  await unpackDebianPackages(request());
  await rename(join(dir, 'cache'), join(filled, 'cache'));
});

beforeEach(async () => {
  await mirror.open();
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir);
  await runTool('cp', ['-a', join(filled, 'cache'), dir]);
});

afterAll(async () => {
  await mirror.close();
  for (const folder of [dir, filled]) await rm(folder, { recursive: true, force: true });
});

/** Leaves the index alone. */
async function forgetPackages(): Promise<void> {
  await rm(join(dir, 'cache/bookworm-contrib-arm64/archives'), { recursive: true });
}

/** The package is 8 kB and needs nothing. Of `contrib`: apt reads the 257 packages of that a hundred times as fast as those of `main`. */
function request(changes: Partial<UnpackRequest> = {}): UnpackRequest {
  return {
    suite: 'bookworm',
    component: 'contrib',
    architecture: 'arm64',
    packages: ['crafty-bitmaps'],
    into: join(dir, 'into'),
    cacheDir: join(dir, 'cache'),
    mirror: mirror.url,
    ...changes,
  };
}

const asked = (pattern: RegExp) => mirror.requests.filter((path) => pattern.test(path));
const readme = (into: string) => readFile(join(into, 'usr/share/doc/crafty-bitmaps/README.bitmaps'), 'utf8');

test('unpacks what the signed index names, tells its progress, and is done at once the second time', async () => {
  await forgetPackages();
  const progress: DownloadProgress[] = [];

  const unpacked = await unpackDebianPackages(request({ onProgress: (step) => progress.push(step) }));

  expect(unpacked.packages).toEqual([{ name: 'crafty-bitmaps', version: expect.stringMatching(/^1\./) }]);
  expect(await readme(join(dir, 'into'))).toContain('bitmaps');
  expect((await stat(join(dir, 'into'))).mode & 0o777).toBe(0o755);
  expect(progress[0]).toMatchObject({ what: 'crafty-bitmaps', totalBytes: 0 });
  expect(progress.at(-1)?.doneBytes).toBe(progress.at(-1)?.totalBytes);
  expect(progress.at(-1)?.totalBytes).toBeGreaterThan(5_000);
  await mirror.close();
  expect(await unpackDebianPackages(request())).toEqual(unpacked);
  expect(await readdir(dir)).toEqual(['cache', 'into']);
});

test('follows the updates and the security suite of a release, and knows when they have newer packages', async () => {
  const { packages } = await unpackDebianPackages(request());
  const suites = asked(/InRelease$/).map((path) => path.replace('/InRelease', ''));
  expect(suites.sort()).toEqual([
    '/debian-security/dists/bookworm-security',
    '/debian/dists/bookworm',
    '/debian/dists/bookworm-updates',
  ]);
  const stamp = join(dir, 'looked');
  const older = packages.map((one) => ({ ...one, version: '0.9' }));

  expect(await lookForNewer(request(), older, stamp, 0)).toEqual({ newer: true });
  expect(await lookForNewer(request(), packages, stamp, 0)).toEqual({ newer: false });
  // Somebody looked just now, and nobody asks without a reason.
  expect(await lookForNewer(request(), older, stamp, 3_600_000)).toEqual({ newer: false });
  expect(await lookForNewer(request(), older, stamp, undefined)).toEqual({ newer: false });
  await mirror.close();
  const failure = expect.stringMatching(/^get crafty-bitmaps for Debian bookworm .*refused[^\n]*$/);
  expect(await lookForNewer(request(), older, stamp, 0)).toEqual({ newer: false, failure });
});

test('brings what a package depends on, for another machine, and leaves out what is not wanted', async () => {
  const keep = (file: string) => !file.startsWith('gemrb-baldurs-gate-2-data_');
  const packages = ['gemrb-baldurs-gate-2-data', 'nvidia-kernel-common'];

  const unpacked = await unpackDebianPackages(request({ packages, keep }));

  expect(unpacked.packages.map(({ name }) => name).sort()).toEqual(['gemrb-data', 'nvidia-kernel-common']);
  expect(asked(/gemrb-baldurs-gate-2-data_/)).toEqual([]);
  expect(asked(/nvidia-kernel-common_.*\.deb$/)).toEqual([expect.stringMatching(/_arm64\.deb$/)]);
});

test('a package that the mirror has moved is resolved again', async () => {
  await forgetPackages();
  let moved = 0;
  mirror.intercept = (path, response) => {
    if (!path.endsWith('.deb') || moved > 0) return false;
    moved += 1;
    response.writeHead(404).end();
    return true;
  };

  await unpackDebianPackages(request());

  expect(asked(/\.deb$/)).toHaveLength(2);
  expect(asked(/bookworm\/InRelease$/)).toHaveLength(2);
});

test('one that never is where the index says is one clear sentence', async () => {
  await forgetPackages();
  mirror.intercept = (path, response) => path.endsWith('.deb') && Boolean(response.writeHead(404).end());

  await expect(unpackDebianPackages(request())).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringMatching(
      /^get crafty-bitmaps for Debian bookworm \(arm64\) from http:.*: .*404.*\nHint: .*DEBIAN_MIRROR/,
    ),
  });
  expect(await readdir(dir)).toEqual(['cache']);
});

test('without the mirror the cache serves', async () => {
  await mirror.close();

  await unpackDebianPackages(request());

  expect(await readme(join(dir, 'into'))).toContain('bitmaps');
});

test('without the mirror and with an incomplete cache it is one clear sentence', async () => {
  await mirror.close();
  const problem = { name: 'ConfigError', message: expect.stringMatching(/refused[^\n]*\nHint: [^\n]*$/) };

  await expect(unpackDebianPackages(request({ packages: ['nvidia-kernel-common'] }))).rejects.toMatchObject(problem);
  const empty = request({ cacheDir: join(dir, 'empty') });
  await expect(unpackDebianPackages(empty)).rejects.toMatchObject(problem);
});

test('a password in the address of the mirror is not told', async () => {
  const url = mirror.url.replace('http://', 'http://someone:hunter2@');
  await mirror.close();

  const error = await unpackDebianPackages(request({ packages: ['nvidia-kernel-common'], mirror: url })).catch(
    (thrown: unknown) => thrown,
  );

  expect(String(error)).toContain('from http://127.0.0.1');
  expect(String(error)).not.toContain('hunter2');
});

test('what was changed on the way is refused', async () => {
  await forgetPackages();
  mirror.tamper = (path, body) => (path.endsWith('.deb') ? Buffer.from(body).fill(0, 100, 120) : body);
  await expect(unpackDebianPackages(request())).rejects.toMatchObject({ problem: expect.stringMatching(/hash|size/i) });

  mirror.tamper = (path, body) =>
    path.endsWith('InRelease') ? Buffer.from(body.toString().replace('Suite:', 'Suites:')) : body;
  await expect(unpackDebianPackages(request({ cacheDir: join(dir, 'empty') }))).rejects.toMatchObject({
    problem: expect.stringMatching(/sign/i),
  });
  expect((await readdir(dir)).sort()).toEqual(['cache', 'empty']);
});

test('what was damaged in the cache is fetched again', async () => {
  const archives = join(dir, 'cache/bookworm-contrib-arm64/archives');
  const [deb = ''] = (await readdir(archives)).filter((file) => file.endsWith('.deb'));
  await writeFile(join(archives, deb), 'not a package');

  await unpackDebianPackages(request());

  expect(asked(/\.deb$/)).toHaveLength(1);
  expect(await readme(join(dir, 'into'))).toContain('bitmaps');
});

test('what an interrupted run left is replaced, and one that is given up leaves nothing', async () => {
  await forgetPackages();
  await mkdir(join(dir, 'into'));
  await writeFile(join(dir, 'into/half'), 'a file');
  const abort = new AbortController();
  const reason = new Error('given up');
  mirror.intercept = (path) => {
    if (!path.endsWith('.deb')) return false;
    abort.abort(reason); // and never answers
    return true;
  };

  await expect(unpackDebianPackages(request({ signal: abort.signal }))).rejects.toBe(reason);
  mirror.intercept = () => false;
  await unpackDebianPackages(request());

  expect(await readme(join(dir, 'into'))).toContain('bitmaps');
  expect(await readdir(join(dir, 'into'))).not.toContain('half');
  expect((await readdir(dir)).sort()).toEqual(['cache', 'into']);
});

test('two at once download it once', async () => {
  await forgetPackages();
  const [first, second] = await Promise.all([unpackDebianPackages(request()), unpackDebianPackages(request())]);

  expect(second).toEqual(first);
  expect(asked(/\.deb$/)).toHaveLength(1);
});

test('a machine without the tools is told which one is missing', async () => {
  vi.stubEnv('PATH', dir);
  try {
    await expect(unpackDebianPackages(request())).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringMatching(/flock/),
    });
  } finally {
    vi.unstubAllEnvs();
  }
});

test('an ordinary user can do it', async () => {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) await runTool('chown', ['-R', '65534:65534', dir]);
  const program = [process.execPath, '--import', 'tsx', resolve('test/fixtures/debian-packages-user.ts')];
  const args = [...program, join(dir, 'into'), join(dir, 'cache'), mirror.url];
  const asUser = isRoot ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : ['env'];
  const [command = '', ...rest] = [...asUser, ...args];

  const result = await runTool(command, rest, { env: { PATH: process.env.PATH, HOME: dir, TMPDIR: dir } });

  expect(result).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(result.stdout)).toMatchObject({ packages: [{ name: 'crafty-bitmaps' }] });
  expect(JSON.parse(result.stdout)).not.toMatchObject({ uid: 0 });
  expect(await readme(join(dir, 'into'))).toContain('bitmaps');
});
