import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConfigError, textOf } from '../backup/errors.ts';
import { type Architecture, type Suite, withDebianFiles } from '../debian/debian-packages.ts';
import { markUsed } from './cache-use.ts';
import { extractLocales, listLocales } from './locale-files.ts';
import { localeFolders } from './locale-names.ts';

export interface LocaleRequest {
  /** That the server comes from which is to use them: its C library reads the files of its own version. */
  readonly suite: Suite;
  readonly architecture: Architecture;
  /** Debian's version of that server's C library, since suites may move on: `2.43-7`. */
  readonly libc?: string | undefined;
  /** As databases and collations spell them: `en_US.UTF-8`, `de_DE@euro`. */
  readonly names: readonly string[];
  /** Indexes, packages and locales stay here, and serve when the mirror cannot be reached. */
  readonly cacheDir: string;
  readonly mirror?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ProvidedLocales {
  /** For `LOCPATH`. Servers share it: locales are added, and never changed. */
  readonly folder: string;
  /** Names for which Debian has no locale, or which could not be had. */
  readonly lacking: readonly string[];
  /** Why they could not be had, one sentence; not there where Debian has none. */
  readonly failure?: string;
}

/**
 * Provides locales of the C library out of Debian's packages, only those that are asked for: one has 3 MB, and all have
 * 230 MB. `C.UTF-8` comes with them, since a cluster is made with it.
 *
 * A locale is there as a whole or not at all, whenever this is interrupted. Those that were had before need no network,
 * nor do names that Debian does not know.
 *
 * @see setlocale(3), LOCPATH
 */
export async function provideLocales(request: LocaleRequest): Promise<ProvidedLocales> {
  const { suite, architecture, libc, cacheDir, signal } = request;
  const release = libc === undefined ? [] : [libc.replace(/-.*/, '')];
  const folder = join(resolve(cacheDir), 'locales', [suite, architecture, ...release].join('-'));
  const names = request.names.filter((name) => !NEEDS_NO_FILES.test(name));
  const absent = (known: Known) =>
    [DEFAULT, ...names].flatMap((name) => chosen(name, known)).filter(isAbsentFrom(folder));
  const provided = async () => {
    await markUsed(folder);
    const known = await readKnown(folder);
    const lacks = (folders: string[]) => folders.length === 0 || folders.some(isAbsentFrom(folder));
    return { folder, lacking: [...new Set(names)].filter((name) => lacks(chosen(name, known))) };
  };
  // That one is in a package of 600 kB; the others are in one of 11 MB.
  const packages = names.length === 0 ? ['libc-bin'] : ['libc-bin', 'locales-all'];
  const before = names.length === 0 ? localeFolders(DEFAULT) : await readKnown(folder);
  if (before !== undefined && absent(before).length === 0) return provided();
  try {
    const keep = (file: string) => OURS.test(file);
    await withDebianFiles({ ...request, packages, keep, cacheDir: join(cacheDir, 'debian') }, async (files) => {
      const locales = await listLocales(files, signal);
      const known = [...locales.keys()].sort();
      await mkdir(folder, { recursive: true });
      await extractLocales(files, locales, absent(known), folder, signal);
      if (names.length === 0) return;
      await writeFile(join(folder, `${KNOWN}.unfinished`), JSON.stringify(known));
      await rename(join(folder, `${KNOWN}.unfinished`), join(folder, KNOWN));
    });
    return provided();
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof ConfigError)) throw error;
    return { ...(await provided()), failure: textOf(error).replace(/\n.*/s, '') };
  }
}

/** All locales that Debian's packages hold, or undefined if nobody has looked. */
type Known = readonly string[] | undefined;

const OURS = /^(locales-all|libc-bin)_/;
const DEFAULT = 'C.UTF-8';
const NEEDS_NO_FILES = /^(C|POSIX)?$/i;
const KNOWN = '.known.json';

async function readKnown(folder: string): Promise<Known> {
  const text = await readFile(join(folder, KNOWN), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as string[]);
}

/** The folder of a locale; where its name fits none exactly, all that the C library would look into. */
function chosen(name: string, known: Known = []): string[] {
  const folders = localeFolders(name).filter((one) => known.includes(one));
  return folders[0] === localeFolders(name)[0] ? folders.slice(0, 1) : folders;
}

function isAbsentFrom(folder: string): (locale: string) => boolean {
  return (locale) => !existsSync(join(folder, locale));
}
