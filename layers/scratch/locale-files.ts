import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { ConfigError } from '../backup/errors.ts';
import { runTool } from '../debian/tool.ts';

/** The files of one locale, and where each lies in the packages: locales share files by links. */
export type LocaleFiles = ReadonlyMap<string, string>;

const ROOT = './usr/lib/locale/';

/** Lists the locales in package files, by the names of their folders. */
export async function listLocales(
  debs: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Map<string, LocaleFiles>> {
  const targets = new Map<string, string | undefined>();
  for (const deb of debs) {
    for (const line of await tar(deb, ['-tv'], signal)) {
      const [, kind = '', file = '', target] = LINE.exec(line) ?? [];
      if (!file.startsWith(ROOT) || kind === 'd') continue;
      targets.set(file, target && (kind === 'l' ? `./${posix.join(posix.dirname(file), target)}` : target));
    }
  }
  const locales = new Map<string, Map<string, string>>();
  for (const file of targets.keys()) {
    const [locale = '', ...rest] = file.slice(ROOT.length).split('/');
    const files = locales.get(locale) ?? new Map<string, string>();
    if (rest.length > 0) locales.set(locale, files.set(rest.join('/'), realFile(file, targets)));
  }
  return locales;
}

/** `lrwxrwxrwx root/root 0 2026-10-03 13:48 ./a -> ../b`, and `link to` for a hard link. */
const LINE = /^(.)\S+ \S+ +\d+ \S+ \S+ (\S+?)\/?(?: (?:->|link to) (\S+))?$/;

function realFile(file: string, targets: ReadonlyMap<string, string | undefined>): string {
  let real = file;
  for (let next = targets.get(real); next !== undefined; next = targets.get(real)) real = next;
  return real;
}

/** Copies locales out of package files into a folder, each as a whole. Nobody else may do so at the same time. */
export async function extractLocales(
  debs: readonly string[],
  locales: ReadonlyMap<string, LocaleFiles>,
  wanted: readonly string[],
  folder: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const temporary = join(folder, '.unfinished');
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary);
  try {
    const files = new Set(wanted.flatMap((locale) => [...(locales.get(locale)?.values() ?? [])]));
    for (const deb of debs) {
      const held = [...files].filter((file) => file.startsWith(`${ROOT}C.`) === /\/libc-bin_/.test(deb));
      if (held.length > 0) await tar(deb, ['-x', '-C', temporary, '--', ...held], signal);
    }
    for (const locale of new Set(wanted)) {
      const whole = join(temporary, locale);
      for (const [file, from] of locales.get(locale) ?? []) {
        await mkdir(join(whole, posix.dirname(file)), { recursive: true });
        await copyFile(join(temporary, from), join(whole, file));
      }
      await rename(whole, join(folder, locale));
    }
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** @returns what tar prints, line by line */
async function tar(deb: string, args: readonly string[], signal: AbortSignal | undefined): Promise<string[]> {
  const script = 'deb=$1; shift; dpkg-deb --fsys-tarfile "$deb" | tar -f - "$@"';
  const { exitCode, stdout, stderr } = await runTool('sh', ['-c', script, 'sh', deb, ...args], { signal });
  if (exitCode === 0) return stdout.split('\n');
  throw new ConfigError({ operation: 'unpack', subject: deb, problem: stderr.trim() || 'tar failed' });
}
