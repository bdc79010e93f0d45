import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { Architecture } from '../debian/debian-packages.ts';
import { findLibraries, locate, readElf } from '../debian/elf.ts';
import { type DebianMajor, libraryFolders } from '../debian/postgresql.ts';
import { DATA_FOLDERS } from '../extensions/library-data.ts';
import { serverScript } from './server-script.ts';

const PROGRAMS = ['postgres', 'initdb'] as const;
/** Nobody reads them in a drill. Licences stay: they lie in doc. */
const UNREAD = ['bug', 'doc-base', 'gcc', 'gdb', 'info', 'lintian', 'locale', 'man', 'metainfo'];

/**
 * Makes unpacked packages a PostgreSQL installation that runs where it lies, by its own loader and libraries, whatever the
 * machine has: `bin/postgres` and `bin/initdb`.
 *
 * PostgreSQL finds its own files beside its program, wherever that lies, if they lie as they did when it was built.
 *
 * @see src/port/path.c, make_relative_path
 */
export async function arrange(folder: string, major: DebianMajor, architecture: Architecture): Promise<void> {
  // Libraries are found by their real paths, and the folder may lie behind a link.
  const root = await realpath(folder);
  const home = join(root, 'usr/lib/postgresql', String(major));
  const share = join(root, 'usr/share/postgresql', String(major));
  for (const name of UNREAD) await rm(join(root, 'usr/share', name), { recursive: true, force: true });
  // For JIT, which drills do without.
  await rm(join(home, 'lib/bitcode'), { recursive: true, force: true });
  await nameUnversioned(join(share, 'extension'));

  const main = libraryFolders(root, architecture).filter((folder) => existsSync(folder));
  const programs = PROGRAMS.map((program) => join(home, 'bin', program));
  const libraries = await serverLibraries(root, home, programs, architecture);
  const loader = await locate(basename((await readElf(programs[0] ?? '')).interpreter ?? ''), main);
  if (loader === undefined) throw new Error(`no package contains the loader of ${programs[0]}`);
  await chmod(loader, 0o755);

  const folders = new Set([...main, ...[...libraries.values()].map(dirname)]);
  const inRoot = (path: string) => relative(root, path);
  const data = await dataFolders(root);
  const script = { loader: inRoot(loader), libraries: [...folders].map(inRoot), home: inRoot(home), data };
  for (const part of [join(root, 'bin'), join(home, 'libexec')]) await mkdir(part, { recursive: true });
  for (const program of PROGRAMS) {
    await rename(join(home, 'bin', program), join(home, 'libexec', program));
    await writeExecutable(join(root, 'bin', program), serverScript(program, script));
    // initdb starts the postgres that lies beside it.
    const up = relative(join(home, 'bin'), join(root, 'bin', program));
    await writeExecutable(join(home, 'bin', program), `#!/bin/sh\nexec "\${0%/*}/${up}" "$@"\n`);
  }
}

/**
 * All libraries of the server and of its extensions, by soname. What no package has is left out for an extension: then CREATE
 * EXTENSION says so.
 *
 * @param more - files that libraries load themselves, such as modules of an interpreter
 * @throws Error if the programs lack one: with the machine's own they would start on some machines, and not on others
 */
export async function serverLibraries(
  root: string,
  home: string,
  programs: readonly string[],
  architecture: Architecture,
  more: readonly string[] = [],
): Promise<Map<string, string>> {
  const folders = libraryFolders(root, architecture).filter((folder) => existsSync(folder));
  const all = [...folders, ...(await foldersBelow(folders))];
  const modules = (await namesIn(join(home, 'lib'))).filter((name) => name.endsWith('.so'));
  const ofModules = await findLibraries([...modules.map((name) => join(home, 'lib', name)), ...more], all, () => {});
  return new Map([...ofModules, ...(await findLibraries(programs, all))]);
}

/** `postgis-3.control` is what `CREATE EXTENSION postgis` reads: a package's script would link it, and none is run here. */
async function nameUnversioned(folder: string): Promise<void> {
  for (const name of await namesIn(folder)) {
    const plain = name.replace(/-\d+\.control$/, '.control');
    if (plain !== name && !existsSync(join(folder, plain))) await copyFile(join(folder, name), join(folder, plain));
  }
}

async function dataFolders(root: string): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const { variable, value, there } of await findData(root)) {
    if (there.length > 0) found[variable] = value === undefined ? there : [value];
  }
  return found;
}

/** Where libraries find what belongs to them: those folders that these packages have, from their root on. */
export function findData(root: string) {
  return Promise.all(
    DATA_FOLDERS.map(async (one) => ({
      ...one,
      there: (await Promise.all(one.folders.map((pattern) => matching(root, pattern.split('/'))))).flat(),
    })),
  );
}

async function matching(root: string, [pattern, ...rest]: readonly string[], before = ''): Promise<string[]> {
  if (pattern === undefined) return [before];
  const [start = '', end] = pattern.split('*');
  const names = await readdir(join(root, before)).catch(() => []);
  const fitting = names.filter((name) =>
    end === undefined ? name === pattern : name.startsWith(start) && name.endsWith(end),
  );
  return (await Promise.all(fitting.map((name) => matching(root, rest, join(before, name))))).flat();
}

async function foldersBelow(folders: readonly string[]): Promise<string[]> {
  const below: string[] = [];
  for (const folder of folders) {
    const entries = await readdir(folder, { withFileTypes: true });
    below.push(...entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name)));
  }
  return below;
}

async function namesIn(folder: string): Promise<string[]> {
  return existsSync(folder) ? await readdir(folder) : [];
}

async function writeExecutable(file: string, text: string): Promise<void> {
  await writeFile(file, text);
  await chmod(file, 0o755);
}
