/** An extension whose version differs from that of a backup. */
export interface OtherVersion {
  readonly name: string;
  /** In the backup. */
  readonly backup: string;
  /** Where it was restored. */
  readonly restored: string;
}

/**
 * Extensions of which another version proves nothing, and why.
 */
const SAME_VERSION: Readonly<Record<string, string>> = {
  timescaledb: 'its catalog is restored as rows, which only the same version understands',
};

/**
 * Whether a restore with this other version of an extension may prove a backup, if it succeeds. Pure.
 *
 * Contents of extensions are restored through the same SQL in another minor version of theirs. With another major version
 * they may mean something else.
 *
 * @returns undefined if it may; else why not
 */
export function objection({ name, backup, restored }: OtherVersion): string | undefined {
  const same = SAME_VERSION[name];
  if (same !== undefined) return same;
  return majorOf(backup) === majorOf(restored) ? undefined : 'they are different major versions';
}

/** `3` of `3.5.2`; what has no number is its own. */
function majorOf(version: string): string {
  return /^\d+/.exec(version)?.[0] ?? version;
}
