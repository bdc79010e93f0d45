import { cp, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findDebianMirrors } from '../../../layers/debian/debian-mirror.ts';
import { hostArchitecture, unpackDebianPackages } from '../../../layers/debian/debian-packages.ts';
import { runTool } from '../../../layers/debian/tool.ts';
import { testStateDir } from '../servers/ceph.ts';
import { LIMITS, podman } from './podman.ts';

const project = path.resolve(import.meta.dirname, '../../..');
const BASE = 'localhost/pgvouch-test/base';
const NODE = 'localhost/pgvouch-test/node';
const ROOT = path.join(testStateDir, `test-base-image-trixie-${hostArchitecture()}`);
export const OWN_IMAGE = 'localhost/pgvouch-test/pgvouch';
/** What the tests run: `CONTAINER_IMAGE`, if somebody built that before, or one that they build. */
export const IMAGE = process.env.CONTAINER_IMAGE || OWN_IMAGE;

/**
 * What Debian's slim image consists of, taken from Debian's packages: no registry of images is asked. None of their scripts
 * is run; what is missing for that is made by hand.
 */
const SLIM = [
  ...['apt', 'base-files', 'base-passwd', 'bash', 'coreutils', 'dash', 'debianutils', 'diffutils', 'dpkg', 'findutils'],
  ...['grep', 'gzip', 'hostname', 'libstdc++6', 'sed', 'tar', 'tzdata', 'util-linux'],
];

/**
 * Builds the image by deploy/Containerfile. Packages of npm and of Debian that this checkout has serve in the build.
 *
 * @param onStep - is given what was done, and how long it took
 */
export async function buildImage(onStep: (what: string, durationMs: number) => void): Promise<void> {
  const step = async (what: string, work: () => Promise<unknown>) => {
    const startedAt = performance.now();
    await work();
    onStep(what, performance.now() - startedAt);
  };
  await step('base image', makeBase);
  await step('image of Node and npm', makeNode);
  const { main, security } = await findDebianMirrors(process.env.DEBIAN_MIRROR);
  const args = { BASE_IMAGE: BASE, NODE_IMAGE: NODE, DEBIAN_MIRROR: `${main} ${security}`, VERSION: 'test' };
  const modules = await realpath(path.join(project, 'node_modules'));
  await step('build by deploy/Containerfile', () =>
    podman(
      // OCI's format has no health checks. Layers in between would be of use to nobody.
      ...['build', ...LIMITS, '--format', 'docker', '--layers=false', '--network', 'host', '--tag', OWN_IMAGE],
      ...['--volume', `${modules}:/src/node_modules:ro`, '--volume', `${testStateDir}:/src/.pgvouch`],
      // How this machine reaches Debian's mirrors, and what it expects of them.
      ...['--volume', '/etc/apt/apt.conf.d:/etc/apt/apt.conf.d:ro'],
      ...Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
      ...['--file', path.join(project, 'deploy/Containerfile'), project],
    ),
  );
}

export async function removeImages(): Promise<void> {
  await podman('image', 'rm', '--force', '--ignore', OWN_IMAGE, NODE, BASE);
}

async function makeBase(): Promise<void> {
  await unpackDebianPackages({
    ...{ suite: 'trixie', architecture: hostArchitecture(), packages: SLIM, into: ROOT, what: 'base image' },
    ...{ cacheDir: path.join(testStateDir, 'debian'), mirror: process.env.DEBIAN_MIRROR },
  });
  for (const file of ['passwd', 'group']) {
    await cp(path.join(ROOT, `usr/share/base-passwd/${file}.master`), path.join(ROOT, `etc/${file}`));
  }
  await importImage(BASE, []);
}

/** With this machine's Node and npm, at the places of the official image. */
async function makeNode(): Promise<void> {
  const more = await mkdtemp(path.join(tmpdir(), 'pgvouch-node-'));
  try {
    const script = `set -e; cd "$2"; mkdir -p usr/local/bin usr/local/lib/node_modules
      cp "$1" usr/local/bin/node; chmod 755 usr/local/bin/node
      npm=$(readlink -f "$(command -v npm)"); cp -r "\${npm%/bin/*}" usr/local/lib/node_modules/npm
      ln -s ../lib/node_modules/npm/bin/npm-cli.js usr/local/bin/npm`;
    await sh(script, [process.execPath, more]);
    await importImage(NODE, [
      '-C',
      more,
      './usr/local/bin/node',
      './usr/local/bin/npm',
      './usr/local/lib/node_modules',
    ]);
  } finally {
    await rm(more, { recursive: true, force: true });
  }
}

/** @param more - arguments of tar, of what comes on top of the base; podman takes no name twice */
async function importImage(image: string, more: readonly string[]): Promise<void> {
  const unread = ['.packages.json', ...['doc', 'info', 'locale', 'man'].map((name) => `usr/share/${name}`)];
  const args = [...unread.map((name) => `--exclude=./${name}`), ...['-C', ROOT, '.', ...more]];
  await sh('image=$1; shift; tar -c "$@" | podman import --quiet - "$image"', [image, ...args]);
}

async function sh(script: string, args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await runTool('sh', ['-c', script, 'sh', ...args]);
  if (exitCode !== 0) throw new Error(`${script}: ${stderr}`);
}
