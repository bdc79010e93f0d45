import { mkdir, readdir, readFile, readlink, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import {
  type Architecture,
  type DebianPackage,
  type DownloadProgress,
  hostArchitecture,
  type PackageRequest,
  unpackDebianPackages,
} from '../../../../layers/debian/debian-packages.ts';
import { findLibraries, locate, readElf } from '../../../../layers/debian/elf.ts';
import { lockFile } from '../../../../layers/debian/file-lock.ts';
import { lookForNewer, rememberLook } from '../../../../layers/debian/newer.ts';
import { cephPrograms } from './programs.ts';

export interface CephInstall {
  readonly stateDir: string;
  /** Instead of the Debian mirror that the machine's own apt uses. */
  readonly mirror?: string | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Ask Debian for a newer one, unless its last answer is younger than this; by default what is there serves. */
  readonly lookEveryMs?: number | undefined;
}

export interface InstalledCeph {
  readonly root: string;
  readonly version: string;
  readonly packages: readonly DebianPackage[];
}

const RECIPE = 1;
const TRIPLETS: Record<Architecture, string> = { amd64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };
/** Loaded by name at run time, so no program's headers tell of them. */
const PLUGINS = ['ceph/compressor/libceph_snappy.so', 'ceph/crypto/libceph_crypto_openssl.so'];
const PLUGIN_DIRS = ['ceph/erasure-code', 'rados-classes'];

/**
 * Puts Ceph's monitor, object store and S3 gateway from Debian into the state directory, or finds them there: only
 * the programs we run, with their own loader and libraries. Newer ones take their place if Debian is asked and has some,
 * unless a server runs from there.
 *
 * @returns `root`, with `bin`, `lib` and `lib/ceph`
 * @throws {@link ConfigError} as {@link unpackDebianPackages} does
 */
export async function installCephRgw(install: CephInstall): Promise<InstalledCeph> {
  const { stateDir, signal } = install;
  const architecture = hostArchitecture();
  const root = join(resolve(stateDir), `ceph-${architecture}-${RECIPE}`);
  await mkdir(stateDir, { recursive: true });
  const lock = await lockFile(`${root}.lock`, { signal });
  try {
    const there = await readInstalled(root);
    if (there === undefined) return await installInto(root, install);
    if (await isRunningFrom(root)) return there;
    const { newer } = await lookForNewer(requestOf(install), there.packages, `${root}.looked`, install.lookEveryMs);
    if (!newer) return there;
    return await installInto(root, install).catch(() => {
      signal?.throwIfAborted();
      return there;
    });
  } finally {
    await lock?.release();
  }
}

async function installInto(root: string, install: CephInstall): Promise<InstalledCeph> {
  const packagesDir = `${root}.packages`;
  const unfinished = `${root}.unfinished`;
  try {
    // The files are moved out of packagesDir below, so what an interrupted run left is not what was unpacked.
    for (const left of [unfinished, packagesDir]) await rm(left, { recursive: true, force: true });
    const { onProgress } = install;
    const request = { ...requestOf(install), into: packagesDir, what: 'Ceph S3 server', onProgress };
    const { packages } = await unpackDebianPackages(request);
    await assemble(packagesDir, unfinished, TRIPLETS[hostArchitecture()]);
    const version = packages.find(({ name }) => name === 'radosgw')?.version ?? '';
    await writeFile(join(unfinished, 'installed.json'), JSON.stringify({ version, packages }));
    await rm(root, { recursive: true, force: true });
    await rename(unfinished, root);
    await rememberLook(`${root}.looked`);
    return { root, version, packages };
  } finally {
    for (const left of [unfinished, packagesDir]) await rm(left, { recursive: true, force: true });
  }
}

function requestOf({ stateDir, mirror, signal }: CephInstall): PackageRequest {
  return {
    suite: 'forky',
    architecture: hostArchitecture(),
    packages: ['ceph-mon', 'ceph-osd', 'radosgw'],
    keep: isNeeded,
    cacheDir: join(stateDir, 'debian'),
    mirror,
    signal,
  };
}

async function readInstalled(root: string): Promise<InstalledCeph | undefined> {
  const text = await readFile(join(root, 'installed.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { version, packages } = JSON.parse(text) as Omit<InstalledCeph, 'root'>;
  return { root, version, packages };
}

/** Daemons load plugins when they need them: their files must stay. */
async function isRunningFrom(root: string): Promise<boolean> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const programs = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/exe`).catch(() => '')));
  return programs.some((program) => program.startsWith(`${root}/`));
}

/** What ceph-volume, cephadm and the management want is more than half of the download, and never started here. */
function isNeeded(debFile: string): boolean {
  return (
    /^(ceph-(mon|osd|base|common)_|radosgw_|lib|zlib1g_)/.test(debFile) &&
    !/^(libpython|libperl|libgdbm|libdb5|libsasl2-modules|libc-gconv|libc-bin|libjs|libbinutils|libgprofng|libctf)/.test(
      debFile,
    )
  );
}

async function assemble(packagesDir: string, root: string, triplet: string): Promise<void> {
  const packageLibs = join(packagesDir, 'usr/lib', triplet);
  const programs = cephPrograms.map((program) => join(packagesDir, 'usr/bin', program));
  const plugins = await pluginFiles(packageLibs);
  const libraries = await findLibraries([...programs, ...plugins], [packageLibs, join(packageLibs, 'ceph')]);
  const loader = basename((await readElf(programs[0] ?? '')).interpreter ?? '');
  const loaderPath = await locate(loader, [packageLibs]);
  if (loaderPath === undefined) throw new Error(`no package contains the loader ${loader}`);
  libraries.set('ld.so', loaderPath);
  // Some libraries link to the loader itself, by its name.
  libraries.delete(loader);

  await mkdir(join(root, 'bin'), { recursive: true });
  for (const program of programs) await rename(program, join(root, 'bin', basename(program)));
  for (const plugin of plugins) {
    const to = join(root, 'lib', relative(packageLibs, plugin));
    await mkdir(dirname(to), { recursive: true });
    await rename(await realpath(plugin), to);
  }
  for (const [soname, path] of libraries) await rename(path, join(root, 'lib', soname));
}

/** By the name that they are loaded by, most of them links to a file with a version. */
async function pluginFiles(packageLibs: string): Promise<string[]> {
  const files = PLUGINS.map((plugin) => join(packageLibs, plugin));
  for (const dir of PLUGIN_DIRS) {
    const names = (await readdir(join(packageLibs, dir))).filter((name) => name.endsWith('.so'));
    files.push(...names.map((name) => join(packageLibs, dir, name)));
  }
  return files;
}
