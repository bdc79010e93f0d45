import { existsSync } from 'node:fs';
import { chmod, copyFile, cp, lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Architecture } from '../../debian/debian-packages.ts';
import { type DebianMajor, libraryFolders } from '../../debian/postgresql.ts';
import { findData, serverLibraries } from '../../scratch/arrange.ts';
import { localeFolders } from '../../scratch/locale-names.ts';
import { superfluousFiles } from './extension-files.ts';

export interface ServerFiles {
  /** An installation of Debian packages. */
  readonly root: string;
  /** Its extensions, beside those that come with PostgreSQL; others that its packages have stay out. */
  readonly extensions: readonly string[];
  /** A folder of locales; others may be in it that nobody asked for here. */
  readonly localeFolder: string;
  /** Those that the layer gets, beside `C.UTF-8`. */
  readonly locales: readonly string[];
  readonly major: DebianMajor;
  readonly architecture: Architecture;
}

/**
 * Copies an installation for a layer: no links, since Lambda's zips hold none, and nothing that a drill does not read.
 *
 * @param into - made; it gets `bin`, `usr` and `locale`
 */
export async function copyServer(
  { root, extensions, localeFolder, locales, major, architecture }: ServerFiles,
  into: string,
): Promise<void> {
  const home = join(into, `usr/lib/postgresql/${major}`);
  const share = join(into, `usr/share/postgresql/${major}`);
  const data = await dataOnce(root);
  for (const part of [
    'bin',
    `usr/lib/postgresql/${major}`,
    `usr/share/postgresql/${major}`,
    ...data,
    'usr/share/doc',
  ]) {
    // Links into what is installed elsewhere lead nowhere.
    const copying = { recursive: true, dereference: true, filter: existsSync };
    await cp(join(root, part), join(into, part), copying).catch(ignoreAbsent);
  }
  await keepLicences(join(into, 'usr/share/doc'));
  for (const programs of [join(home, 'bin'), join(into, 'bin')]) await keepOnly(programs, ['postgres', 'initdb']);
  // JIT's LLVM is not there.
  await rm(join(home, 'lib/llvmjit.so'), { force: true });
  for (const unread of ['contrib', 'man']) await rm(join(share, unread), { recursive: true, force: true });
  const { scripts, modules } = await superfluousFiles(join(share, 'extension'), extensions, major);
  for (const name of scripts) await rm(join(share, 'extension', name));
  for (const name of modules) await rm(join(home, 'lib', name), { force: true });

  const programs = ['postgres', 'initdb'].map((program) => join(home, 'libexec', program));
  const loaded = await modulesIn(data.map((part) => join(into, part)));
  const libraries = await serverLibraries(root, home, programs, architecture, loaded);
  const [, folder = ''] = libraryFolders(into, architecture);
  await mkdir(folder, { recursive: true });
  for (const [soname, path] of libraries) await copyFile(path, join(folder, soname));
  await copyLoader(root, into, architecture);
  // Locales that are not of UTF-8 need converters.
  const [, from = ''] = libraryFolders(root, architecture);
  const there = await readdir(localeFolder);
  const folders = ['C.UTF-8', ...locales].flatMap(
    (name) => localeFolders(name).find((one) => there.includes(one)) ?? [],
  );
  const names = [...new Set(folders)];
  if (names.some((name) => !name.endsWith('utf8')))
    await cp(join(from, 'gconv'), join(folder, 'gconv'), { recursive: true });
  if (![...libraries.keys()].some((name) => name.startsWith('libproj'))) {
    for (const part of ['usr/share/proj', 'usr/share/gdal'])
      await rm(join(into, part), { recursive: true, force: true });
  }
  for (const name of names) {
    await cp(join(localeFolder, name), join(into, 'locale', name), { recursive: true, dereference: true });
  }
}

/** Perl's folders have a second name, which is a link. */
async function dataOnce(root: string): Promise<string[]> {
  const found = [...new Set((await findData(root)).flatMap(({ there }) => there))];
  const real = await Promise.all(found.map(async (part) => (await lstat(join(root, part))).isDirectory()));
  return found.filter((_, index) => real[index]);
}

/** Shared objects that an interpreter loads itself. */
async function modulesIn(folders: readonly string[]): Promise<string[]> {
  const lists = await Promise.all(
    folders.filter(existsSync).map(async (folder) => {
      const names = await readdir(folder, { recursive: true });
      return names.filter((name) => name.endsWith('.so')).map((name) => join(folder, name));
    }),
  );
  return lists.flat();
}

/** To where the scripts in `bin` look for it. */
async function copyLoader(root: string, into: string, architecture: Architecture): Promise<void> {
  const targets = libraryFolders(into, architecture);
  for (const [index, from] of libraryFolders(root, architecture).entries()) {
    const to = targets[index] ?? '';
    const names = await readdir(from).catch(() => []);
    for (const name of names.filter((one) => /^ld-linux-.*\.so\.\d$/.test(one))) {
      await mkdir(to, { recursive: true });
      await copyFile(join(from, name), join(to, name));
      await chmod(join(to, name), 0o755);
    }
  }
}

async function keepOnly(folder: string, names: readonly string[]): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!names.includes(name)) await rm(join(folder, name), { recursive: true });
  }
}

async function keepLicences(folder: string): Promise<void> {
  for (const file of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const isLicence = file.name === 'copyright' && dirname(file.parentPath) === folder;
    if (file.isFile() && !isLicence) await rm(join(file.parentPath, file.name));
  }
}

function ignoreAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
