import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { byRelease } from '../../../layers/backup/release.ts';
import { wrapperScript } from '../../../layers/build/pg-client/wrapper.ts';
import { openPrivateApt } from '../../../layers/debian/apt.ts';
import { findDebianMirrors } from '../../../layers/debian/debian-mirror.ts';
import { hostArchitecture, unpackDebianPackages } from '../../../layers/debian/debian-packages.ts';
import { findLibraries, locate, readElf } from '../../../layers/debian/elf.ts';
import { lockFile } from '../../../layers/debian/file-lock.ts';
import {
  type DebianMajor,
  debianMajors,
  libraryFolders,
  POSTGRESQL_SUITES,
} from '../../../layers/debian/postgresql.ts';
import { runTool } from '../../../layers/debian/tool.ts';
import { testStateDir } from './ceph.ts';

const PROGRAMS = ['postgres', 'initdb', 'pg_dump', 'pg_restore', 'pg_dumpall', 'psql'];

export { debianMajors };

/** The folders of an installation, and of client programs. */
export interface OldestRelease {
  readonly server: string;
  readonly client: string;
}

/**
 * The oldest PostgreSQL of a major at hand: the release's own, where its security suite has a newer one; otherwise the
 * newest is the oldest, too.
 */
export async function oldestRelease(major: DebianMajor): Promise<OldestRelease> {
  const name = `postgresql-${major}`;
  const server = await install(major, await oldestVersion(major, name));
  return { server, client: join(server, 'bin') };
}

async function oldestVersion(major: DebianMajor, name: string): Promise<string> {
  const [suite, architecture] = [POSTGRESQL_SUITES[major], hostArchitecture()];
  const dir = join(resolve(testStateDir), 'debian', `${suite}-${architecture}`);
  const APT_CONFIG = join(dir, 'apt.conf');
  const lock = await lockFile(join(dir, 'lock'));
  try {
    // Written anew: whoever builds the image has this folder elsewhere.
    const mirrors = await findDebianMirrors(process.env.DEBIAN_MIRROR);
    await openPrivateApt({ dir, suite, component: 'main', architecture, mirrors });
    const { stdout } = await runTool('apt-cache', ['madison', name], { env: { ...process.env, APT_CONFIG } });
    const versions = Array.from(stdout.matchAll(/^\s*\S+ \| (\S+) \|/gm), ([, version = '']) => version);
    const oldest = versions.sort(byRelease)[0];
    if (oldest === undefined) throw new Error(`apt knows no ${name}`);
    return oldest;
  } finally {
    await lock?.release();
  }
}

/** Unpacked, and made to run by its own loader and libraries whatever the machine has. */
async function install(major: DebianMajor, version: string): Promise<string> {
  const packages = ['postgresql', 'postgresql-client'].map((name) => `${name}-${major}=${version}`);
  const into = join(resolve(testStateDir), `test-postgresql-${major}-${version.replace(/[^\w.-]/g, '-')}`);
  const lock = await lockFile(`${into}.lock`);
  try {
    await unpackDebianPackages({
      ...{ suite: POSTGRESQL_SUITES[major], architecture: hostArchitecture(), packages, into },
      keep: (file) => /^(postgresql-(client-)?\d|lib|zlib1g_)/.test(file) && !/^(libllvm|libz3|libperl)/.test(file),
      cacheDir: join(testStateDir, 'debian'),
      mirror: process.env.DEBIAN_MIRROR,
    });
    const home = join(into, 'usr/lib/postgresql', String(major));
    if (!existsSync(join(home, 'share'))) await wrap(into, home, major);
    return home;
  } finally {
    await lock?.release();
  }
}

async function wrap(root: string, home: string, major: number): Promise<void> {
  const libraryDirs = libraryFolders(root, hostArchitecture());
  const files = PROGRAMS.map((program) => join(home, 'bin', program));
  const libraries = await findLibraries(files, libraryDirs);
  const loader = basename((await readElf(files[0] ?? '')).interpreter ?? '');
  libraries.set(loader, (await locate(loader, libraryDirs)) ?? '');
  for (const part of ['lib', 'libexec']) await mkdir(join(home, part), { recursive: true });
  for (const [soname, from] of libraries) await copyFile(from, join(home, 'lib', soname));
  await chmod(join(home, 'lib', loader), 0o755);
  for (const program of PROGRAMS) {
    await rename(join(home, 'bin', program), join(home, 'libexec', program));
    await writeFile(join(home, 'bin', program), wrapperScript(program, loader), { mode: 0o755 });
  }
  // Where an installation has it. Last of all: it says that the rest is done.
  await mkdir(join(home, 'share.unfinished'), { recursive: true });
  await symlink(`../../../../share/postgresql/${major}`, join(home, 'share.unfinished/postgresql'));
  await rename(join(home, 'share.unfinished'), join(home, 'share'));
}
