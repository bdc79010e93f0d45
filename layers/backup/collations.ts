import * as z from 'zod';

/** What orders text in a database, and by which version of whose rules. */
export const collationSchema = z.object({
  schema: z.string(),
  name: z.string(),
  /** `libc`, `icu` or `builtin`. */
  provider: z.string(),
  /** `LC_COLLATE` and `LC_CTYPE` of the C library's; null with the others. */
  collate: z.string().nullable(),
  ctype: z.string().nullable(),
  /** ICU's or the builtin provider's; null with libc. */
  locale: z.string().nullable(),
  /** The version that is recorded with it; not there where there is none, as with musl. */
  version: z.string().optional(),
});

/** One under `source.collations` of a manifest. */
export type Collation = z.infer<typeof collationSchema>;

/** What a manifest says of the order of text. */
export interface TextOrder {
  readonly localeProvider: string;
  readonly collate: string;
  readonly ctype: string;
  readonly locale: string | null;
  /** Of the database's own collation. */
  readonly collationVersion?: string | undefined;
  /** Undefined in manifests of older versions. */
  readonly collations?: readonly Collation[] | undefined;
}

/**
 * The locales of the C library that a database needs, as it spells them: its own, which it has with every provider, and
 * those of its collations. Each once, without `C` and `POSIX`, which every C library has. Pure.
 */
export function libcLocales({ collate, ctype, collations = [] }: TextOrder): string[] {
  const all = [collate, ctype, ...collations.flatMap((one) => [one.collate, one.ctype])];
  return [...new Set(all)].filter((name) => name !== null && name !== '' && !isBuiltIn(name)).map(String);
}

/** The locales that have no files, and no version: they compare bytes. */
function isBuiltIn(name: string): boolean {
  return /^(C|POSIX)$/i.test(name);
}
