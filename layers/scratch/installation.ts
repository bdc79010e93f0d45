import { createHash } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { textOf } from '../backup/errors.ts';
import {
  type Architecture,
  type DebianPackage,
  type DownloadProgress,
  type PackageRequest,
  unpackDebianPackages,
} from '../debian/debian-packages.ts';
import { lockFile } from '../debian/file-lock.ts';
import { lookForNewer, rememberLook } from '../debian/newer.ts';
import { type DebianMajor, POSTGRESQL_SUITES } from '../debian/postgresql.ts';
import { arrange } from './arrange.ts';
import { markUsed, useCache } from './cache-use.ts';
import { finish, type Made, newestIn } from './made.ts';

/** Which server: PostgreSQL of a major as Debian has it now, with what packages of extensions add. */
export interface InstallationRequest {
  readonly major: DebianMajor;
  readonly architecture: Architecture;
  /** Of extensions: `postgresql-18-pgvector`. What they depend on comes along. */
  readonly packages: readonly string[];
  /** It is to be copied: one with packages of more extensions does not serve. */
  readonly exact?: boolean;
  /** Where installations and packages are kept; drills and processes share them. */
  readonly cacheDir: string;
  readonly mirror?: string | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Ask Debian for newer packages, unless its last answer is younger than this; by default what is there serves. */
  readonly lookEveryMs?: number | undefined;
}

/** A PostgreSQL server that runs from its folder; nothing of it is installed. */
export interface Installation {
  readonly folder: string;
  readonly packages: readonly DebianPackage[];
  /** Why Debian could not be asked for newer packages, where it could not. */
  readonly lookFailure?: string;
}

/**
 * Brings a server to drill on: PostgreSQL of a major with packages of extensions, from Debian, unpacked into a folder of
 * its own. Nothing is installed, no package's script is run, and no rights are needed. One that is there serves until
 * Debian has newer packages; the old one stays for drills that still use it. See {@link useCache}.
 *
 * @throws {@link ConfigError} as {@link unpackDebianPackages} does; not where one is there, whatever fails
 */
export async function provideInstallation(asked: InstallationRequest): Promise<Installation> {
  const { signal, lookEveryMs } = asked;
  const { path, packages } = await findPlace(asked);
  const request = { ...asked, packages };
  const lock = await lockFile(`${path}.lock`, { signal });
  try {
    const there = await newestIn(path);
    if (there !== undefined) await markUsed(there.folder);
    if (there === undefined) return await make(path, request);
    const look = await lookForNewer(packageRequest(request), there.packages, `${path}.looked`, lookEveryMs);
    const failure = look.newer ? undefined : look.failure;
    if (!look.newer) return { ...there, ...(failure !== undefined && { lookFailure: failure }) };
    return await make(path, request).catch((error) => {
      signal?.throwIfAborted();
      return { ...there, lookFailure: textOf(error).replace(/\n.*/s, '') };
    });
  } finally {
    await lock?.release();
  }
}

/** Whether one is there already that has these packages: then no network is needed for it. */
export async function isMade(asked: InstallationRequest): Promise<boolean> {
  return (await newestIn((await findPlace(asked)).path)) !== undefined;
}

/** One place for each set of packages: `scratch/18-amd64-0f3a9c1e`. The smallest that has all of them serves. */
async function findPlace({ cacheDir, major, architecture, packages, exact }: InstallationRequest): Promise<Place> {
  const parent = join(resolve(cacheDir), 'scratch');
  const server = `${major}-${architecture}`;
  const names = (await readdir(parent).catch(() => [])).filter((name) => new RegExp(`^${server}(-\\w+)?$`).test(name));
  const there = await Promise.all(names.map(async (name) => newestIn(join(parent, name))));
  const wider = there
    .filter((one) => one !== undefined && packages.every((name) => one.extras.includes(name)))
    .sort((a, b) => (a?.extras.length ?? 0) - (b?.extras.length ?? 0))[0];
  if (wider && !exact) return { path: dirname(wider.folder), packages: wider.extras };
  const extras = [...new Set(packages)].sort();
  const hash = createHash('sha256').update(extras.join(' ')).digest('hex').slice(0, 8);
  return { path: join(parent, extras.length === 0 ? server : `${server}-${hash}`), packages: extras };
}

interface Place {
  readonly path: string;
  readonly packages: readonly string[];
}

function packageRequest({
  major,
  architecture,
  packages,
  cacheDir,
  mirror,
  signal,
}: InstallationRequest): PackageRequest {
  return {
    ...{ suite: POSTGRESQL_SUITES[major], architecture, mirror, signal },
    packages: [`postgresql-${major}`, ...packages],
    keep: (file) => isNeeded(file, packages),
    cacheDir: join(cacheDir, 'debian'),
  };
}

/** What only scripts of packages, daemons and terminals use. */
const NOT_NEEDED = new RegExp(
  `^(${[
    ...[
      'adduser',
      'base-passwd',
      'dbus',
      'debconf',
      'dmsetup',
      'fonts-',
      'gcc-\\d+-base',
      'gnupg',
      'gpg',
      'init-system',
    ],
    ...['libc-bin', 'libc-l10n', 'libjson-perl', 'libllvm', 'libnss-', 'libpam-', 'libsemanage', 'libsystemd-shared'],
    ...[
      'libtext-',
      'libz3',
      'locales',
      'login',
      'lsb-',
      'netbase',
      'openssl_',
      'passwd',
      'postgresql-client',
      'procps',
    ],
    ...['postgresql-common', 'readline-common', 'sensible-utils', 'ssl-cert', 'systemd', 'sysvinit', 'tzdata', 'ucf'],
  ].join('|')})`,
);

/** Perl comes along with postgresql-common; only PL/Perl runs it. */
function isNeeded(debFile: string, packages: readonly string[]): boolean {
  if (NOT_NEEDED.test(debFile)) return false;
  return !/^(lib)?perl/.test(debFile) || packages.some((name) => name.includes('plperl'));
}

/** Under another name first: what has its own is complete. */
async function make(place: string, request: InstallationRequest): Promise<Made> {
  const { major, architecture, packages: extras, onProgress, cacheDir, signal } = request;
  // Its folder is empty at first, and nobody else may take it for one that was given up.
  const use = await useCache(cacheDir, signal);
  const unfinished = join(place, 'unfinished');
  try {
    await mkdir(place, { recursive: true });
    const { packages } = await unpackDebianPackages({
      ...packageRequest(request),
      into: unfinished,
      what: `PostgreSQL ${major} server${extras.length === 0 ? '' : ` with ${extras.length} packages of extensions`}`,
      onProgress,
    });
    await arrange(unfinished, major, architecture);
    const made = await finish(unfinished, place, { extras, packages }, new Date());
    await rememberLook(`${place}.looked`);
    return made;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
    await use.end();
  }
}
