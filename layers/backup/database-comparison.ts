import { type DatabaseProperties, type PropertyPart, settingItems, settingName } from './database-properties.ts';
import type { Manifest } from './manifest.ts';

/** What a database is, in a manifest or as it was read from a restored one. */
export type DatabaseFacts = Omit<Manifest['source'], 'sizeBytes' | 'extensions' | 'collationVersion' | 'collations'>;

/**
 * Compares what a restored database is, not what it holds, with what was recorded: encoding, locale, and what belongs to
 * it. Pure. Values of settings are in no sentence: some are secrets.
 *
 * @param without - what was left out of the restore, and is not compared
 * @returns every difference, a sentence each
 */
export function compareDatabase(
  wanted: DatabaseFacts,
  found: DatabaseFacts,
  without: readonly PropertyPart[] = [],
): string[] {
  return [...compareLocale(wanted, found), ...compareProperties(wanted.properties, found.properties, without)];
}

/** Encoding, provider and locale alone. */
export function compareLocale(wanted: DatabaseFacts, found: DatabaseFacts): string[] {
  return [
    ...differ('encoding', wanted.encoding, found.encoding),
    ...differ('locale provider', wanted.localeProvider, found.localeProvider),
    ...differ('locale', wanted.locale, found.locale, sameLocale),
    ...differ('ICU rules', wanted.icuRules ?? null, found.icuRules ?? null),
    ...differ('LC_COLLATE', wanted.collate, found.collate, sameLocale),
    ...differ('LC_CTYPE', wanted.ctype, found.ctype, sameLocale),
  ];
}

/** `en_US.UTF-8` and `en_US.utf8` are spellings of one locale, as `POSIX` is of `C`, and `de_DE` is `de-DE` from 16 on. */
function sameLocale(one: string | null, other: string | null): boolean {
  const plain = (name: string | null) =>
    name
      ?.toLowerCase()
      .replace(/[-_]/g, '')
      .replace(/^posix$/, 'c');
  return plain(one) === plain(other);
}

/** The properties alone; nothing if either is not known, as in manifests of older versions. */
export function compareProperties(
  wanted: DatabaseProperties | undefined,
  found: DatabaseProperties | undefined,
  without: readonly PropertyPart[],
): string[] {
  if (wanted === undefined || found === undefined) return [];
  // Where the owner is another one, neither's privileges say anything.
  const notOf = without.includes('owner') ? [wanted.owner, found.owner] : [];
  const unless = (part: PropertyPart, differences: string[]) => (without.includes(part) ? [] : differences);
  return [
    ...unless('owner', differ('owner', wanted.owner, found.owner)),
    ...unless('tablespace', differ('tablespace', wanted.tablespace, found.tablespace)),
    ...unless('template', differ('template flag', wanted.isTemplate, found.isTemplate)),
    ...differ('connection limit', wanted.connectionLimit, found.connectionLimit),
    ...compareNamed(namedOf(wanted), namedOf(found)),
    ...unless('grants', compareNamed(grantsOf(wanted, notOf), grantsOf(found, notOf))),
  ];
}

function differ<T>(what: string, wanted: T, found: T, isSame = (one: T, other: T) => one === other): string[] {
  if (isSame(wanted, found)) return [];
  return [`The database's ${what} is ${JSON.stringify(found)}; the manifest says ${JSON.stringify(wanted)}.`];
}

/** What a database has by name, and a text that says how. */
function namedOf({ comment, securityLabels, settings }: DatabaseProperties): Map<string, string> {
  return new Map([
    ...(comment === null ? [] : [['comment', comment] as const]),
    ...securityLabels.map(({ provider, label }) => [`security label of ${provider}`, label] as const),
    ...settings.map((setting) => [settingName(setting), settingItems(setting).join('\n')] as const),
  ]);
}

function grantsOf({ owner, grants }: DatabaseProperties, notOf: readonly (string | null)[]): Map<string, string> {
  const named = grants
    .filter(({ role }) => !notOf.includes(role))
    .map(({ role, privilege, grantable }): [string, string] => {
      // An owner can grant whatever he likes.
      if (role === owner) return [`grant of ${privilege} to its owner`, ''];
      const to = role === null ? 'PUBLIC' : `"${role}"`;
      return [`grant of ${privilege} to ${to}`, grantable ? 'with grant option' : ''];
    });
  return new Map(named);
}

function compareNamed(wanted: ReadonlyMap<string, string>, found: ReadonlyMap<string, string>): string[] {
  const names = [...new Set([...wanted.keys(), ...found.keys()])];
  return names.flatMap((name) => {
    if (!found.has(name)) return [`The database's ${name} did not come back.`];
    if (!wanted.has(name)) return [`The database has a ${name}; the manifest has none.`];
    return wanted.get(name) === found.get(name) ? [] : [`The database's ${name} is another than the manifest says.`];
  });
}
