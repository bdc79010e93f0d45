import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { byRelease } from '../../../layers/backup/release.ts';
import { buildPgClientLayer } from '../../../layers/build/pg-client/layer.ts';
import { wrapperScript } from '../../../layers/build/pg-client/wrapper.ts';
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

const SERVER = ['postgres', 'initdb'];
const CLIENT = ['pg_dump', 'pg_restore', 'pg_dumpall', 'psql'];

export { debianMajors };

/** An installation of PostgreSQL as Debian's security suites have it: of the version that the client layer is of. */
export async function debianServer(major: DebianMajor): Promise<string> {
  const build = { major, architecture: hostArchitecture(), stateDir: testStateDir, mirror: process.env.DEBIAN_MIRROR };
  const { packages } = (await buildPgClientLayer(build)).manifest;
  const version = packages.find(({ name }) => name === `postgresql-client-${major}`)?.version;
  return install(major, `postgresql-${major}=${version}`, SERVER);
}

/**
 * The folder of the oldest client programs of a major at hand: the release's own, where its security suite has newer
 * ones; otherwise the newest ones are the oldest, too.
 */
export async function oldestClient(major: DebianMajor): Promise<string> {
  const name = `postgresql-client-${major}`;
  return join(await install(major, `${name}=${await oldestVersion(major, name)}`, CLIENT), 'bin');
}

/** The same of the server. */
export async function oldestServer(major: DebianMajor): Promise<string> {
  const name = `postgresql-${major}`;
  return install(major, `${name}=${await oldestVersion(major, name)}`, SERVER);
}

async function oldestVersion(major: DebianMajor, name: string): Promise<string> {
  const APT_CONFIG = join(
    resolve(testStateDir),
    'debian',
    `${POSTGRESQL_SUITES[major]}-${hostArchitecture()}`,
    'apt.conf',
  );
  const { stdout } = await runTool('apt-cache', ['madison', name], { env: { ...process.env, APT_CONFIG } });
  const versions = Array.from(stdout.matchAll(/^\s*\S+ \| (\S+) \|/gm), ([, version = '']) => version);
  const oldest = versions.sort(byRelease)[0];
  if (oldest === undefined) throw new Error(`apt knows no ${name}`);
  return oldest;
}

/** Unpacked, and made to run by its own loader and libraries whatever the machine has. */
async function install(major: DebianMajor, wanted: string, programs: readonly string[]): Promise<string> {
  const into = join(resolve(testStateDir), `test-${wanted.replace(/[^\w.-]/g, '-')}`);
  const lock = await lockFile(`${into}.lock`);
  try {
    await unpackDebianPackages({
      ...{ suite: POSTGRESQL_SUITES[major], architecture: hostArchitecture(), packages: [wanted], into },
      keep: (file) => /^(postgresql-(client-)?\d|lib|zlib1g_)/.test(file) && !/^(libllvm|libz3|libperl)/.test(file),
      cacheDir: join(testStateDir, 'debian'),
      mirror: process.env.DEBIAN_MIRROR,
    });
    const home = join(into, 'usr/lib/postgresql', String(major));
    if (!existsSync(join(home, 'share'))) await wrap(into, home, major, programs);
    return home;
  } finally {
    await lock?.release();
  }
}

async function wrap(root: string, home: string, major: number, programs: readonly string[]): Promise<void> {
  const libraryDirs = libraryFolders(root, hostArchitecture());
  const files = programs.map((program) => join(home, 'bin', program));
  const libraries = await findLibraries(files, libraryDirs);
  const loader = basename((await readElf(files[0] ?? '')).interpreter ?? '');
  libraries.set(loader, (await locate(loader, libraryDirs)) ?? '');
  for (const part of ['lib', 'libexec']) await mkdir(join(home, part), { recursive: true });
  for (const [soname, from] of libraries) await copyFile(from, join(home, 'lib', soname));
  await chmod(join(home, 'lib', loader), 0o755);
  for (const program of programs) {
    await rename(join(home, 'bin', program), join(home, 'libexec', program));
    await writeFile(join(home, 'bin', program), wrapperScript(program, loader), { mode: 0o755 });
  }
  // Where an installation has it. Last of all: it says that the rest is done.
  await mkdir(join(home, 'share.unfinished'), { recursive: true });
  await symlink(`../../../../share/postgresql/${major}`, join(home, 'share.unfinished/postgresql'));
  await rename(join(home, 'share.unfinished'), join(home, 'share'));
}
