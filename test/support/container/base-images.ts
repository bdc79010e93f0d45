import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Architecture, hostArchitecture, unpackDebianPackages } from '../../../layers/debian/debian-packages.ts';
import { runTool } from '../../../layers/debian/tool.ts';
import { testStateDir } from '../servers/ceph.ts';
import { podman } from './podman.ts';

const BASE = 'localhost/pgvouch-test/base';
const NODE = 'localhost/pgvouch-test/node';
const NODE_OF_BOTH = `${NODE}-of-both`;

/**
 * What Debian's slim image consists of, taken from Debian's packages: no registry of images is asked. None of their scripts
 * is run; what is missing for that is made by hand.
 */
const SLIM = [
  ...['apt', 'base-files', 'base-passwd', 'bash', 'coreutils', 'dash', 'debianutils', 'diffutils', 'dpkg', 'findutils'],
  ...['grep', 'gzip', 'hostname', 'libstdc++6', 'sed', 'tar', 'tzdata', 'util-linux'],
];

/** @returns the name of a base image, made for an architecture */
export async function makeBase(architecture: Architecture): Promise<string> {
  await importImage(BASE, architecture, []);
  return BASE;
}

/**
 * Node at the place of the official image, with npm on the architecture of this machine, which builds.
 *
 * @returns the name of an image for this machine, or of one that serves both, as the official one does
 */
export async function makeNode(architecture: Architecture): Promise<string> {
  const host = hostArchitecture();
  await withFolder((folder) =>
    putNodeAndNpm(folder).then((names) => importImage(NODE, host, ['-C', folder, ...names])),
  );
  if (architecture === host) return NODE;
  const other = `${NODE}-${architecture}`;
  await withFolder((folder) =>
    putNodeOf(architecture, folder).then((names) => importImage(other, architecture, ['-C', folder, ...names])),
  );
  await podman('manifest', 'create', NODE_OF_BOTH);
  for (const image of [NODE, other]) await podman('manifest', 'add', NODE_OF_BOTH, `containers-storage:${image}`);
  return NODE_OF_BOTH;
}

/** Of either architecture. */
export async function removeBases(): Promise<void> {
  const nodes = ['', '-amd64', '-arm64', '-of-both'].map((ending) => `${NODE}${ending}`);
  await podman('image', 'rm', '--force', '--ignore', BASE, ...nodes);
}

/** Those that run the tests. @returns what there is to pack */
async function putNodeAndNpm(folder: string): Promise<string[]> {
  await sh(
    `set -e; cd "$2"; mkdir -p usr/local/bin usr/local/lib/node_modules
    cp "$1" usr/local/bin/node; chmod 755 usr/local/bin/node
    npm=$(readlink -f "$(command -v npm)"); cp -r "\${npm%/bin/*}" usr/local/lib/node_modules/npm
    ln -s ../lib/node_modules/npm/bin/npm-cli.js usr/local/bin/npm`,
    [process.execPath, folder],
  );
  return ['./usr/local/bin/node', './usr/local/bin/npm', './usr/local/lib/node_modules'];
}

/** That of the lock file, which npm installs on such a machine only. */
async function putNodeOf(architecture: Architecture, folder: string): Promise<string[]> {
  const name = `node-linux-${architecture === 'amd64' ? 'x64' : 'arm64'}`;
  const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8'));
  const { version, integrity } = packages[`node_modules/${name}`];
  await sh('cd "$1" && npm pack --silent "$2"', [folder, `${name}@${version}`]);
  const packed = path.join(folder, `${name}-${version}.tgz`);
  const found = `sha512-${createHash('sha512')
    .update(await readFile(packed))
    .digest('base64')}`;
  if (found !== integrity) throw new Error(`${name} ${version} is not the package that package-lock.json names`);
  await sh('mkdir -p "$1/usr/local" && tar -xzf "$2" --strip-components=1 -C "$1/usr/local" package/bin/node', [
    ...[folder, packed],
  ]);
  return ['./usr/local/bin/node'];
}

/**
 * The same files make the same layer.
 *
 * @param more - arguments of tar, of what comes on top of Debian's packages; podman takes no name twice
 */
async function importImage(image: string, architecture: Architecture, more: readonly string[]): Promise<void> {
  const root = path.join(testStateDir, `test-base-image-trixie-${architecture}`);
  await unpackDebianPackages({
    ...{ suite: 'trixie', architecture, packages: SLIM, into: root, what: 'base image' },
    ...{ cacheDir: path.join(testStateDir, 'debian'), mirror: process.env.DEBIAN_MIRROR },
  });
  for (const file of ['passwd', 'group']) {
    await cp(path.join(root, `usr/share/base-passwd/${file}.master`), path.join(root, `etc/${file}`));
  }
  const unread = ['.packages.json', ...['doc', 'info', 'locale', 'man'].map((name) => `usr/share/${name}`)];
  const same = ['--sort=name', '--mtime=@0'];
  const args = [...same, ...unread.map((name) => `--exclude=./${name}`), ...['-C', root, '.', ...more]];
  const script = 'image=$1 arch=$2; shift 2; tar -c "$@" | podman import --quiet --arch "$arch" - "$image"';
  await sh(script, [image, architecture, ...args]);
}

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'pgvouch-node-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function sh(script: string, args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await runTool('sh', ['-c', script, 'sh', ...args]);
  if (exitCode !== 0) throw new Error(`${script}: ${stderr}`);
}
