import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { findDebianMirrors } from '../../../layers/debian/debian-mirror.ts';
import { type Architecture, hostArchitecture } from '../../../layers/debian/debian-packages.ts';
import { testStateDir } from '../servers/ceph.ts';
import { makeBase, makeNode, removeBases } from './base-images.ts';
import { LIMITS, podman } from './podman.ts';

const project = path.resolve(import.meta.dirname, '../../..');
export const OWN_IMAGE = 'localhost/pgvouch-test/pgvouch';
/** What the tests run: `CONTAINER_IMAGE`, if somebody built that before, or one that they build. */
export const IMAGE = process.env.CONTAINER_IMAGE || OWN_IMAGE;

export interface ImageBuild {
  readonly image: string;
  readonly architecture: Architecture;
  /** Further build arguments. */
  readonly args?: Readonly<Record<string, string>>;
  /** Where the build keeps what it makes of Debian's packages, instead of the place that all tests share. */
  readonly stateDir?: string;
  /** Is given what was done, and how long it took. */
  readonly onStep?: (what: string, durationMs: number) => void;
}

/** Builds an image by deploy/Containerfile. Packages of npm and of Debian that this checkout has serve in the build. */
export async function buildImage({ image, architecture, args: own, stateDir, onStep }: ImageBuild): Promise<void> {
  const step = async <T>(what: string, work: () => Promise<T>) => {
    const startedAt = performance.now();
    const made = await work();
    onStep?.(what, performance.now() - startedAt);
    return made;
  };
  const host = hostArchitecture();
  const base = await step('base image', () => makeBase(architecture));
  const node = await step('image of Node and npm', () => makeNode(architecture));
  const { main, security } = await findDebianMirrors(process.env.DEBIAN_MIRROR);
  const args = { BASE_IMAGE: base, NODE_IMAGE: node, DEBIAN_MIRROR: `${main} ${security}`, VERSION: 'test', ...own };
  const volumes = [
    `${await realpath(path.join(project, 'node_modules'))}:/src/node_modules:ro`,
    `${stateDir ?? testStateDir}:/src/.pgvouch`,
    // How this machine reaches Debian's mirrors, and what it expects of them.
    '/etc/apt/apt.conf.d:/etc/apt/apt.conf.d:ro',
    ...(stateDir === undefined ? [] : [`${path.join(testStateDir, 'debian')}:/src/.pgvouch/debian`]),
  ];
  // Podman before 5 does not know on what it builds.
  const other = ['--platform', `linux/${architecture}`, '--build-arg', `BUILDPLATFORM=linux/${host}`];
  await step('build by deploy/Containerfile', () =>
    podman(
      // OCI's format has no health checks. Layers in between would be of use to nobody.
      ...['build', ...LIMITS, '--format', 'docker', '--layers=false', '--timestamp', '0', '--network', 'host'],
      ...['--tag', image, ...(architecture === host ? [] : other)],
      ...volumes.flatMap((volume) => ['--volume', volume]),
      ...Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
      ...['--file', path.join(project, 'deploy/Containerfile'), project],
    ),
  );
}

export async function removeImages(...images: readonly string[]): Promise<void> {
  await podman('image', 'rm', '--force', '--ignore', ...images);
  await removeBases();
}
