import { mkdir, readdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import {
  type Architecture,
  type DownloadProgress,
  hostArchitecture,
  unpackDebianPackages,
} from '../../../../layers/build/debian/debian-packages.ts';
import { findLibraries, locate, readElf } from '../../../../layers/build/debian/elf.ts';
import { lockFile } from '../../../../layers/build/debian/file-lock.ts';
import { cephPrograms } from './programs.ts';

export interface CephInstall {
  readonly stateDir: string;
  /** Instead of the Debian mirror that the machine's own apt uses. */
  readonly mirror?: string | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface InstalledCeph {
  readonly root: string;
  readonly version: string;
}

const RECIPE = 1;
const TRIPLETS: Record<Architecture, string> = { amd64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };
/** Loaded by name at run time, so no program's headers tell of them. */
const PLUGINS = ['ceph/compressor/libceph_snappy.so', 'ceph/crypto/libceph_crypto_openssl.so'];
const PLUGIN_DIRS = ['ceph/erasure-code', 'rados-classes'];

/**
 * Puts Ceph's monitor, object store and S3 gateway from Debian into the state directory, or finds them there: only
 * the programs we run, with their own loader and libraries.
 *
 * @returns `root`, with `bin`, `lib` and `lib/ceph`
 * @throws {@link ConfigError} as {@link unpackDebianPackages} does
 */
export async function installCephRgw(install: CephInstall): Promise<InstalledCeph> {
  const { stateDir, mirror, onProgress, signal } = install;
  const architecture = hostArchitecture();
  const root = join(resolve(stateDir), `ceph-${architecture}-${RECIPE}`);
  const there = await readInstalled(root);
  if (there) return there;
  await mkdir(stateDir, { recursive: true });
  const lock = await lockFile(`${root}.lock`, { signal });
  const packagesDir = `${root}.packages`;
  const unfinished = `${root}.unfinished`;
  try {
    const meanwhile = await readInstalled(root);
    if (meanwhile) return meanwhile;
    await rm(unfinished, { recursive: true, force: true });
    // The files are moved out of it below, so what an interrupted run left is not what was unpacked.
    await rm(packagesDir, { recursive: true, force: true });
    const { packages } = await unpackDebianPackages({
      suite: 'forky',
      architecture,
      packages: ['ceph-mon', 'ceph-osd', 'radosgw'],
      keep: isNeeded,
      into: packagesDir,
      cacheDir: join(stateDir, 'debian'),
      what: 'Ceph S3 server',
      mirror,
      onProgress,
      signal,
    });
    await assemble(packagesDir, unfinished, TRIPLETS[architecture]);
    const version = packages.find(({ name }) => name === 'radosgw')?.version ?? '';
    await writeFile(join(unfinished, 'installed.json'), JSON.stringify({ version, packages }));
    await rm(root, { recursive: true, force: true });
    await rename(unfinished, root);
    return { root, version };
  } finally {
    await rm(packagesDir, { recursive: true, force: true });
    await rm(unfinished, { recursive: true, force: true });
    await lock?.release();
  }
}

async function readInstalled(root: string): Promise<InstalledCeph | undefined> {
  const text = await readFile(join(root, 'installed.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { version } = JSON.parse(text) as { version: string };
  return { root, version };
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
  if (loaderPath === undefined) throw new Error(`no package brought the loader ${loader}`);
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
