import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ConfigError, textOf } from '../../backup/errors.ts';
import {
  type Architecture,
  type DebianPackage,
  type DownloadProgress,
  type PackageRequest,
  type Suite,
  unpackDebianPackages,
} from '../../debian/debian-packages.ts';
import { findLibraries, locate, readElf } from '../../debian/elf.ts';
import { lockFile } from '../../debian/file-lock.ts';
import { lookForNewer, rememberLook } from '../../debian/newer.ts';
import { type DebianMajor, debianMajors, libraryFolders, POSTGRESQL_SUITES } from '../../debian/postgresql.ts';
import { wrapperScript } from './wrapper.ts';

export const pgClientMajors = debianMajors;
export type PgClientMajor = DebianMajor;

/** What a layer has of a major: pg_combinebackup came with 17. */
export function pgClientPrograms(major: PgClientMajor): readonly string[] {
  return ['pg_dump', 'pg_restore', 'pg_dumpall', 'psql', ...(major < 17 ? [] : ['pg_combinebackup'])];
}

/** What a layer says about itself, in its `manifest.json`. */
export interface PgClientManifest {
  /** The shape of the layer; another number here means: build it again. */
  readonly recipe: number;
  readonly major: PgClientMajor;
  readonly architecture: Architecture;
  readonly suite: Suite;
  readonly packages: readonly DebianPackage[];
  /** PostgreSQL's own: `15.20`. */
  readonly version: string;
  /** When Debian built the programs, in ISO 8601. */
  readonly builtAt: string;
  readonly programs: readonly string[];
  readonly libraries: readonly string[];
  /** Unzipped, all files together. */
  readonly sizeBytes: number;
}

export interface PgClientLayer {
  /** What is published: its contents appear under `/opt`. */
  readonly dir: string;
  /** `/opt/pg-client` on Lambda: holds one directory a major. */
  readonly root: string;
  readonly binDir: string;
  readonly manifest: PgClientManifest;
  /** Why Debian could not be asked for a newer one, where it could not. */
  readonly lookFailure?: string;
}

export interface PgClientBuild {
  readonly major: PgClientMajor;
  readonly architecture: Architecture;
  readonly stateDir: string;
  readonly mirror?: string | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Ask Debian for a newer one, unless its last answer is younger than this; by default what is there serves. */
  readonly lookEveryMs?: number | undefined;
}

const RECIPE = 3;
/** A function carries all three majors and itself, and Lambda allows 250 MB for that. */
const MAX_LAYER_BYTES = 60_000_000;

/**
 * Builds the Lambda layer of one PostgreSQL client: `pg-client/<major>/` with `bin` (wrappers), `libexec` (programs),
 * `lib` (all their libraries and the loader), `licenses` and `manifest.json`. One that is there serves until Debian has
 * newer packages for it, security releases among them, and is asked.
 *
 * @throws {@link ConfigError} as {@link unpackDebianPackages} does, and if the layer came out too large. One that is
 *   there already serves on, with the reason in `lookFailure`
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export async function buildPgClientLayer(build: PgClientBuild): Promise<PgClientLayer> {
  const dir = join(build.stateDir, 'layers', `pg-client-${build.major}-${build.architecture}`);
  await mkdir(join(build.stateDir, 'layers'), { recursive: true });
  const lock = await lockFile(`${dir}.lock`, { signal: build.signal });
  try {
    const there = await readLayer(dir, build);
    if (there === undefined) return await makeLayer(dir, build);
    const look = await lookForNewer(requestOf(build), there.manifest.packages, stampOf(dir), build.lookEveryMs);
    if (!look.newer) return { ...there, ...(look.failure !== undefined && { lookFailure: look.failure }) };
    return await makeLayer(dir, build).catch((error) => {
      build.signal?.throwIfAborted();
      return { ...there, lookFailure: textOf(error).replace(/\n.*/s, '') };
    });
  } finally {
    await lock?.release();
  }
}

async function makeLayer(dir: string, build: PgClientBuild): Promise<PgClientLayer> {
  const packagesDir = `${dir}.packages`;
  const unfinished = `${dir}.unfinished`;
  const replaced = `${dir}.replaced`;
  try {
    for (const left of [unfinished, packagesDir, replaced]) await rm(left, { recursive: true, force: true });
    const { packages } = await unpackDebianPackages({
      ...requestOf(build),
      into: packagesDir,
      what: `PostgreSQL ${build.major} client (${build.architecture})`,
      onProgress: build.onProgress,
    });
    await assemble(packagesDir, join(unfinished, 'pg-client', String(build.major)), build, packages);
    // Dumps may be under way: the old programs make room for the new ones between two system calls.
    if (existsSync(dir)) await rename(dir, replaced);
    await rename(unfinished, dir);
    await rememberLook(stampOf(dir));
    const layer = await readLayer(dir, build);
    if (!layer) throw new Error(`${dir} is not what was just built`);
    return layer;
  } finally {
    for (const left of [unfinished, packagesDir, replaced]) await rm(left, { recursive: true, force: true });
  }
}

function requestOf({ major, architecture, stateDir, mirror, signal }: PgClientBuild): PackageRequest {
  return {
    suite: POSTGRESQL_SUITES[major],
    architecture,
    packages: [`postgresql-client-${major}`],
    keep: isNeeded,
    cacheDir: join(stateDir, 'debian'),
    mirror,
    signal,
  };
}

/** Beside the layer, not in it: a look changes nothing that is published. */
function stampOf(dir: string): string {
  return `${dir}.looked`;
}

async function readLayer(dir: string, { major, architecture }: PgClientBuild): Promise<PgClientLayer | undefined> {
  const root = join(dir, 'pg-client');
  const home = join(root, String(major));
  const text = await readFile(join(home, 'manifest.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const manifest = JSON.parse(text) as PgClientManifest;
  if (manifest.recipe !== RECIPE || manifest.architecture !== architecture) return undefined;
  return { dir, root, binDir: join(home, 'bin'), manifest };
}

/** Debian's own wrapper of psql needs perl, which is half of the download; ours does without. */
function isNeeded(debFile: string): boolean {
  return (
    /^(postgresql-client-\d|lib|zlib1g_)/.test(debFile) &&
    !/^(libperl|libgdbm|libdb5|libbz2|libsasl2-modules|libc-gconv|libc-bin|libcrypt1_)/.test(debFile)
  );
}

async function assemble(
  packagesDir: string,
  home: string,
  { major, architecture }: PgClientBuild,
  packages: PgClientManifest['packages'],
): Promise<void> {
  const programDir = join(packagesDir, 'usr/lib/postgresql', String(major), 'bin');
  const names = pgClientPrograms(major);
  const programs = names.map((program) => join(programDir, program));
  const libraryDirs = libraryFolders(packagesDir, architecture);
  const libraries = await findLibraries(programs, libraryDirs);
  const loader = basename((await readElf(programs[0] ?? '')).interpreter ?? '');
  const loaderPath = await locate(loader, libraryDirs);
  if (loaderPath === undefined) throw new Error(`no package contains the loader ${loader}`);
  libraries.set(loader, loaderPath);

  for (const part of ['bin', 'lib', 'libexec', 'licenses']) await mkdir(join(home, part), { recursive: true });
  for (const [soname, path] of libraries) await copyFile(path, join(home, 'lib', soname));
  await chmod(join(home, 'lib', loader), 0o755);
  for (const program of names) {
    await copyFile(join(programDir, program), join(home, 'libexec', program));
    await writeFile(join(home, 'bin', program), wrapperScript(program, loader), { mode: 0o755 });
    await chmod(join(home, 'bin', program), 0o755);
  }
  for (const { name } of packages) {
    // Some share another package's directory through a link, and so its licence.
    await copyFile(join(packagesDir, 'usr/share/doc', name, 'copyright'), join(home, 'licenses', name)).catch(() => {});
  }
  const sizeBytes = await sizeOf(home);
  if (sizeBytes > MAX_LAYER_BYTES) throw tooLarge(home, sizeBytes);
  const manifest: PgClientManifest = {
    recipe: RECIPE,
    major,
    architecture,
    suite: POSTGRESQL_SUITES[major],
    packages,
    version:
      /^[\d.]+/.exec(packages.find(({ name }) => name === `postgresql-client-${major}`)?.version ?? '')?.[0] ?? '',
    // Debian builds reproducibly: a file's time is that of the package's last change. @see SOURCE_DATE_EPOCH
    builtAt: (await stat(programs[0] ?? '')).mtime.toISOString(),
    programs: names,
    libraries: [...libraries.keys()].sort(),
    sizeBytes,
  };
  await writeFile(join(home, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

async function sizeOf(dir: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}

function tooLarge(dir: string, sizeBytes: number): ConfigError {
  return new ConfigError({
    operation: 'build the layer',
    subject: dir,
    problem: `${sizeBytes} bytes are more than the ${MAX_LAYER_BYTES} that fit into Lambda together with the others`,
  });
}
