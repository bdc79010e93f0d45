import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ConfigError, textOf } from '../backup/errors.ts';
import { type Deb, openPrivateApt, type PrivateApt } from './apt.ts';
import { type DebianMirrors, findDebianMirrors } from './debian-mirror.ts';
import { lockFile } from './file-lock.ts';
import { unpackFiles } from './unpack.ts';

export type Suite = 'bookworm' | 'trixie' | 'forky';
export type Architecture = 'amd64' | 'arm64';

/** `totalBytes` is 0 while it is not known yet; the last call has both equal. */
export interface DownloadProgress {
  readonly what: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** Which packages: the newest that the release, its updates and its security suite have together. */
export interface PackageRequest {
  readonly suite: Suite;
  readonly architecture: Architecture;
  /** Debian's, `main` by default. */
  readonly component?: 'main' | 'contrib';
  /** By name; their dependencies come along. */
  readonly packages: readonly string[];
  /** Which of all those files to download and unpack, by file name (`libpq5_18.6-3_arm64.deb`); all by default. */
  readonly keep?: (debFileName: string) => boolean;
  /** Indexes and packages stay here, and serve when the mirror cannot be reached. */
  readonly cacheDir: string;
  /** Instead of the mirrors that the machine's own apt uses. @see findDebianMirrors */
  readonly mirror?: string | undefined;
  /** What this is for, as progress shows it. */
  readonly what?: string;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface UnpackRequest extends PackageRequest {
  /** Made by this, and complete as soon as it exists. */
  readonly into: string;
}

export interface DebianPackage {
  readonly name: string;
  /** Debian's: `15.20-0+deb12u1`. */
  readonly version: string;
}

export interface UnpackedPackages {
  readonly packages: readonly DebianPackage[];
}

const MARKER = '.packages.json';

/**
 * Downloads Debian packages with apt's own signature checks and unpacks them into a directory; the system's apt,
 * dpkg and their state are never touched, so no rights are needed and any suite and architecture will do.
 *
 * What is there already is returned at once. A package that the mirror has moved meanwhile is resolved again. Several
 * processes may ask for the same: one works, the others wait for it.
 *
 * @throws {@link ConfigError} if the mirror cannot be reached and the cache is incomplete, if the packages do not
 *   exist there, or if the machine lacks apt, dpkg or flock
 */
export async function unpackDebianPackages(request: UnpackRequest): Promise<UnpackedPackages> {
  const { into } = request;
  const there = await readMarker(into);
  if (there) return there;
  await makeWritable(dirname(into));
  return withApt(request, async (apt, mirrors) => {
    const meanwhile = await readMarker(into);
    if (meanwhile) return meanwhile;
    const debs = await obtain(apt, request, mirrors);
    return unpack(apt.archives, debs, request);
  });
}

/**
 * Downloads package files for something else than unpacking them all. As {@link unpackDebianPackages}, but for that.
 *
 * @param work - gets the files' paths; nobody changes them while it runs
 */
export function withDebianFiles<T>(request: PackageRequest, work: (files: string[]) => Promise<T>): Promise<T> {
  return withApt(request, async (apt, mirrors) => {
    const debs = await obtain(apt, request, mirrors);
    return work(debs.map(({ file }) => join(apt.archives, file)));
  });
}

/**
 * The versions that Debian has of these packages now, downloading nothing but indexes.
 *
 * @throws {@link ConfigError} if the mirrors cannot be reached: an old index would say that nothing is new
 */
export function currentPackages(request: PackageRequest): Promise<DebianPackage[]> {
  const { packages, keep = () => true, signal } = request;
  return withApt(request, async (apt, mirrors) => {
    try {
      await apt.update();
      const debs = await apt.resolve(packages);
      return debs.filter((deb) => keep(deb.file)).map(({ name, version }) => ({ name, version }));
    } catch (error) {
      signal?.throwIfAborted();
      throw error instanceof ConfigError ? error : unobtainable(request, mirrors, error);
    }
  });
}

/** Opens the private apt of a suite; others who need the same wait. */
async function withApt<T>(
  { suite, component = 'main', architecture, cacheDir, mirror, signal }: PackageRequest,
  work: (apt: PrivateApt, mirrors: DebianMirrors) => Promise<T>,
): Promise<T> {
  const dir = join(resolve(cacheDir), `${suite}-${component === 'main' ? '' : `${component}-`}${architecture}`);
  await makeWritable(dir);
  const lock = await lockFile(join(dir, 'lock'), { signal });
  try {
    const mirrors = await findDebianMirrors(mirror);
    return await work(await openPrivateApt({ dir, suite, component, architecture, mirrors, signal }), mirrors);
  } finally {
    await lock?.release();
  }
}

/** The architecture of this machine in Debian's words. @throws {@link ConfigError} on any other than amd64, arm64 */
export function hostArchitecture(): Architecture {
  if (process.arch === 'x64') return 'amd64';
  if (process.arch === 'arm64') return 'arm64';
  throw new ConfigError({
    operation: 'use Debian packages on',
    subject: process.arch,
    problem: 'only amd64 and arm64 machines are supported',
  });
}

/** All files, complete and checked, in the archives. */
async function obtain(apt: PrivateApt, request: PackageRequest, mirrors: DebianMirrors): Promise<Deb[]> {
  const { packages, keep = () => true, signal, onProgress, what = packages.join(', ') } = request;
  /** Apt's own failures are to be explained; a missing program already is, and an abort is no failure. */
  const aptFailure = (error: unknown) => {
    signal?.throwIfAborted();
    if (error instanceof ConfigError) throw error;
    return error;
  };
  onProgress?.({ what, doneBytes: 0, totalBytes: 0 });
  for (let attempt = 1; ; attempt++) {
    const unreachable = await apt.update().then(() => undefined, aptFailure);
    const resolved = await apt.resolve(packages).catch((error) => {
      throw unobtainable(request, mirrors, unreachable ?? aptFailure(error));
    });
    const debs = resolved.filter((deb) => keep(deb.file));
    const missing = await apt.missing(debs);
    const totalBytes = sum(debs);
    const cachedBytes = totalBytes - sum(missing);
    if (missing.length > 0) {
      if (unreachable) throw unobtainable(request, mirrors, unreachable);
      try {
        await apt.download(missing, (fraction) => {
          onProgress?.({
            what,
            totalBytes,
            doneBytes: Math.floor(cachedBytes + fraction * (totalBytes - cachedBytes)),
          });
        });
      } catch (error) {
        const failure = aptFailure(error);
        // Mirrors drop a version as soon as they have the next: a fresh index names what is there now.
        if (attempt === 1) continue;
        throw unobtainable(request, mirrors, failure);
      }
    }
    await apt.prune(debs);
    onProgress?.({ what, totalBytes, doneBytes: totalBytes });
    return debs;
  }
}

/** Into a sibling first: the directory itself is either absent or complete, whenever this is interrupted. */
async function unpack(archives: string, debs: readonly Deb[], request: UnpackRequest): Promise<UnpackedPackages> {
  const into = resolve(request.into);
  const temporary = await mkdtemp(join(dirname(into), `.${basename(into)}-`));
  try {
    const files = debs.map(({ file }) => join(archives, file));
    await unpackFiles(files, temporary, request.signal);
    const unpacked: UnpackedPackages = { packages: debs.map(({ name, version }) => ({ name, version })) };
    await writeFile(join(temporary, MARKER), JSON.stringify(unpacked));
    // mkdtemp makes it private; it must serve every user of the machine.
    await chmod(temporary, 0o755);
    await rm(into, { recursive: true, force: true });
    await rename(temporary, into);
    return unpacked;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function readMarker(into: string): Promise<UnpackedPackages | undefined> {
  try {
    return JSON.parse(await readFile(join(into, MARKER), 'utf8')) as UnpackedPackages;
  } catch {
    return undefined;
  }
}

async function makeWritable(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true });
  } catch (error) {
    throw new ConfigError({ operation: 'write to', subject: dir, problem: textOf(error), cause: error });
  }
}

function unobtainable(request: PackageRequest, { main }: DebianMirrors, cause: unknown): ConfigError {
  return new ConfigError({
    operation: 'get',
    subject: `${request.packages.join(', ')} for Debian ${request.suite} (${request.architecture}) from ${withoutUser(main)}`,
    problem: withoutUser(textOf(cause)),
    hint: 'check the network and the mirror, or name another one in DEBIAN_MIRROR',
    cause,
  });
}

/** A private mirror's address may carry a password. */
function withoutUser(text: string): string {
  return text.replaceAll(/(\w+:\/\/)[^/\s@]+@/g, '$1');
}

function sum(debs: readonly Deb[]): number {
  return debs.reduce((bytes, deb) => bytes + deb.sizeBytes, 0);
}
