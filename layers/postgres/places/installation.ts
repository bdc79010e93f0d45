import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { ServerOffer } from '../../backup/server-needs.ts';

/** A PostgreSQL server in a folder: `bin/postgres` and `bin/initdb`, with what they need. */
export interface InstalledServer extends ServerOffer {
  readonly folder: string;
}

/**
 * What a folder has of PostgreSQL. Those made of Debian packages are built with lz4; those of npm are not, and
 * lack what PL/Perl and PL/Python need.
 *
 * @returns undefined if no server is in it
 */
export function readInstallation(folder: string): InstalledServer | undefined {
  const share = shareOf(folder);
  const major = share === undefined ? undefined : majorOf(share);
  if (share === undefined || major === undefined) return undefined;
  const names = readdirSync(path.join(share, 'extension')).filter((name) => name.endsWith('.control'));
  const listed = names.map((name) => name.slice(0, -'.control'.length));
  const extensions = new Set(listed.filter((name) => isOfDebian(share) || !OF_AN_INTERPRETER.test(name)));
  const locales = localesOf(folder);
  const hasLocale = (name: string) => locales.has(comparableLocale(name));
  return { folder, major, extensions, hasLocale, lz4: isOfDebian(share) };
}

/** Layers have locales with them; what others find on a machine, nobody knows before they are started. */
function localesOf(folder: string): ReadonlySet<string> {
  const locales = path.join(folder, 'locale');
  return new Set(existsSync(locales) ? readdirSync(locales).map(comparableLocale) : []);
}

/** `en_US.UTF-8` is `en_US.utf8`. @see setlocale(3) */
export function comparableLocale(locale: string): string {
  return locale.replace(/\.(.*)$/, (_, codeset: string) => `.${codeset.toLowerCase().replace(/[^a-z0-9]/g, '')}`);
}

/** The major of an installation; undefined if it is none. */
export function installedMajor(folder: string): number | undefined {
  const share = shareOf(folder);
  return share === undefined ? undefined : majorOf(share);
}

/** npm's packages have `share/postgresql`, Debian's `usr/share/postgresql/18`. */
function shareOf(folder: string): string | undefined {
  const ofDebian = path.join(folder, 'usr/share/postgresql');
  const majors = existsSync(ofDebian) ? readdirSync(ofDebian).map((name) => path.join(ofDebian, name)) : [];
  return [path.join(folder, 'share/postgresql'), ...majors].find((share) => existsSync(path.join(share, BOOTSTRAP)));
}

/** npm's packages list them, and have neither libperl nor libpython: nobody can create them. */
const OF_AN_INTERPRETER = /plperlu?$|plpython3u$/;

function isOfDebian(share: string): boolean {
  return path.basename(share) !== 'postgresql';
}

const BOOTSTRAP = 'postgres.bki';

/** As its bootstrap file tells it. */
function majorOf(share: string): number | undefined {
  const head = readFileSync(path.join(share, BOOTSTRAP), 'utf8').slice(0, 100);
  const major = /^# PostgreSQL (\d+)/.exec(head)?.[1];
  return major === undefined ? undefined : Number(major);
}
