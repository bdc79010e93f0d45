import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
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

/** Which server: PostgreSQL of a major as Debian has it now, with what packages of extensions add. */
export interface InstallationRequest {
  readonly major: DebianMajor;
  readonly architecture: Architecture;
  /** Of extensions: `postgresql-18-pgvector`. What they depend on comes along. */
  readonly packages: readonly string[];
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

/** A change of it means: make it again. */
const RECIPE = 1;
const MARKER = 'installation.json';
/** A drill takes a week at most. */
const UNUSED_MS = 8 * 86_400_000;

/**
 * Brings a server to drill on: PostgreSQL of a major with packages of extensions, from Debian, unpacked into a folder of
 * its own. Nothing is installed, no package's script is run, and no rights are needed. One that is there serves until
 * Debian has newer packages; the old one stays for drills that still use it.
 *
 * @throws {@link ConfigError} as {@link unpackDebianPackages} does; not where one is there, whatever fails
 */
export async function provideInstallation(request: InstallationRequest): Promise<Installation> {
  const { signal, lookEveryMs } = request;
  const place = placeOf(request);
  const lock = await lockFile(`${place}.lock`, { signal });
  try {
    const there = await newest(place);
    if (there === undefined) return await make(place, request);
    const look = await lookForNewer(packageRequest(request), there.packages, `${place}.looked`, lookEveryMs);
    const failure = look.newer ? undefined : look.failure;
    if (!look.newer) return { ...there, ...(failure !== undefined && { lookFailure: failure }) };
    return await make(place, request).catch((error) => {
      signal?.throwIfAborted();
      return { ...there, lookFailure: textOf(error).replace(/\n.*/s, '') };
    });
  } finally {
    await lock?.release();
  }
}

/** `scratch/18-amd64+cron+pgvector`: one place for each set of packages. */
function placeOf({ cacheDir, major, architecture, packages }: InstallationRequest): string {
  const names = packages.map((name) => name.replace(`postgresql-${major}-`, '')).sort();
  return join(resolve(cacheDir), 'scratch', [`${major}-${architecture}`, ...new Set(names)].join('+'));
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
    ...['libc-bin', 'libc-l10n', 'libjson-perl', 'libllvm', 'libnss-', 'libpam', 'libsemanage', 'libsystemd-shared'],
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
async function make(place: string, request: InstallationRequest): Promise<Installation> {
  const { major, architecture, packages: extra, onProgress } = request;
  await mkdir(place, { recursive: true });
  const unfinished = join(place, 'unfinished');
  const folder = join(place, new Date().toISOString().replaceAll(/[:.]/g, '-'));
  try {
    const { packages } = await unpackDebianPackages({
      ...packageRequest(request),
      into: unfinished,
      what: `PostgreSQL ${major} server${extra.length === 0 ? '' : ` with ${extra.length} packages of extensions`}`,
      onProgress,
    });
    await arrange(unfinished, major, architecture);
    await writeFile(join(unfinished, MARKER), JSON.stringify({ recipe: RECIPE, major, packages }));
    await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  await rememberLook(`${place}.looked`);
  const made = await newest(place);
  if (made === undefined) throw new Error(`${folder} is not what was just made`);
  await removeUnused(place);
  return made;
}

/** Its time tells when it was last asked for. */
async function newest(place: string): Promise<Installation | undefined> {
  for (const name of (await versions(place)).reverse()) {
    const folder = join(place, name);
    try {
      const { recipe, packages } = JSON.parse(await readFile(join(folder, MARKER), 'utf8'));
      if (recipe !== RECIPE) continue;
      const now = new Date();
      await utimes(folder, now, now).catch(() => {});
      return { folder, packages };
    } catch {
      // Not one of ours, or not whole.
    }
  }
  return undefined;
}

async function removeUnused(place: string): Promise<void> {
  for (const name of (await versions(place)).slice(0, -1)) {
    const folder = join(place, name);
    const { mtimeMs } = await stat(folder);
    if (Date.now() - mtimeMs > UNUSED_MS) await rm(folder, { recursive: true, force: true });
  }
}

/** Oldest first. */
async function versions(place: string): Promise<string[]> {
  const names = await readdir(place).catch(() => []);
  return names.filter((name) => /^\d{4}-/.test(name)).sort();
}
