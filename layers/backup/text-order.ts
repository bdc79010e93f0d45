import type { TextOrder } from './collations.ts';
import { relationName } from './comparison.ts';

/** A collation that another server has in another version. */
export interface OtherVersion {
  /** By {@link relationName}; null for the database's own. */
  readonly collation: string | null;
  /** `the database (en_US.UTF-8)`, `de-x-icu`, `"public"."german"`. */
  readonly name: string;
  /** `libc`, `icu`, … */
  readonly provider: string;
  /** Undefined if none is recorded: nobody knows how that one sorted. */
  readonly recorded: string | undefined;
  readonly found: string;
}

/** Versions as they are on another server. */
export interface FoundVersions {
  /** Of the database's own collation; undefined if it has none. */
  readonly own: string | undefined;
  /** By {@link relationName}. */
  readonly collations: ReadonlyMap<string, string>;
}

/**
 * The collations that sort by another version of their rules on another server, or perhaps do: text may come in another
 * order there. Those that have no version there compare bytes, or are lacking. Pure.
 */
export function otherVersions(source: TextOrder, found: FoundVersions): OtherVersion[] {
  const { localeProvider: provider, locale, collate, collationVersion: recorded, collations = [] } = source;
  const own = { collation: null, name: `the database (${locale ?? collate})`, provider, recorded, found: found.own };
  const named = collations.map((one) => ({
    collation: relationName(one),
    name: one.schema === 'pg_catalog' ? one.name : relationName(one),
    ...{ provider: one.provider, recorded: one.version, found: found.collations.get(relationName(one)) },
  }));
  return [own, ...named].flatMap((one) =>
    one.found === undefined || one.found === one.recorded ? [] : [{ ...one, found: one.found }],
  );
}

/** `libc 2.43 instead of 2.36: the database (en_US.UTF-8), de_DE.utf8; icu 153.136 instead of …`. */
export function otherVersionsWords(others: readonly OtherVersion[]): string {
  const groups = new Map<string, string[]>();
  for (const { name, provider, recorded, found } of others) {
    const versions = `${provider} ${found} instead of ${recorded ?? 'an unknown version'}`;
    groups.set(versions, [...(groups.get(versions) ?? []), name]);
  }
  return Array.from(groups, ([versions, names]) => `${versions}: ${shorten(names)}`).join('; ');
}

const MOST_NAMES = 10;

function shorten(names: readonly string[]): string {
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
  return `${names.slice(0, MOST_NAMES).join(', ')}${more}`;
}
