import { libcLocales } from './collations.ts';
import { givenUpIn } from './given-up.ts';
import type { Manifest } from './manifest.ts';

/** What a server must have for a backup to come back whole. */
export interface ServerNeeds {
  /** The oldest major that is sure to understand the archive: that of the pg_dump which wrote it. */
  readonly major: number;
  /** By name, with those that every server has, and without those that newer majors have given up. */
  readonly extensions: readonly string[];
  /** Of the C library, as the database spells them. `C` and `C.UTF-8` are everywhere. */
  readonly locales: readonly string[];
  /** Whether columns are compressed by lz4, which a server may be built without. */
  readonly lz4: boolean;
}

/** Pure. */
export function serverNeeds({ source, client }: Manifest): ServerNeeds {
  return {
    major: client.major,
    extensions: source.extensions.flatMap(({ name }) => (givenUpIn(name) === undefined ? [name] : [])),
    locales: [...new Set([...libcLocales(source), ...(source.monetary ? [source.monetary] : [])])].filter(
      (name) => !/^C(\.UTF-?8)?$/i.test(name),
    ),
    lz4: source.lz4Columns ?? false,
  };
}

/** What an installation at hand has. */
export interface ServerOffer {
  readonly major: number;
  readonly extensions: ReadonlySet<string>;
  /** Whether it has a locale of the C library of its own. */
  readonly hasLocale: (name: string) => boolean;
  readonly lz4: boolean;
}

/** Whether a server has all that a backup needs. It is of the same major, or of a newer one. Pure. */
export function covers(offer: ServerOffer, needs: ServerNeeds): boolean {
  return offer.major >= needs.major && lacks(offer, needs).length === 0 && (offer.lz4 || !needs.lz4);
}

/** The extensions and locales that a backup needs and a server lacks. Pure. */
export function lacks(
  { extensions, hasLocale }: Pick<ServerOffer, 'extensions' | 'hasLocale'>,
  needs: Pick<ServerNeeds, 'extensions' | 'locales'>,
): string[] {
  return [
    ...needs.extensions.filter((name) => name !== 'plpgsql' && !extensions.has(name)),
    ...needs.locales.filter((name) => !hasLocale(name)),
  ];
}
