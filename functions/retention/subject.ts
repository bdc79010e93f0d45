import type { Retired } from '../../layers/backup/retired.ts';
import type { RetiredBase } from '../../layers/wal/retired-base.ts';

/** What names a subject, in decisions and in marks. */
export type About =
  | { readonly database: string; readonly firedAt: string }
  | { readonly systemIdentifier: string; readonly startedAt: string };

export type Mark = Retired | RetiredBase;

/** What retention lets go as a whole: a dump's backup, or a cluster's base backup. */
export interface Subject {
  readonly about: About;
  /** Whether a person pinned it. */
  readonly kept: boolean;
  /** Its retirement, unless it was undone. */
  readonly mark: Mark | undefined;
  /** Whether the listing shows a mark that counts; a mark that an older version undid is one, too. */
  readonly isMarked: boolean;
  readonly keys: { readonly retired: string; readonly undone: string };
  /** The keys of the marks that are there, whether they count or not; in the order to remove them. */
  readonly marks: readonly string[];
  /** The keys of everything else, in the order to remove them. Whatever is interrupted leaves no document without its bytes. */
  readonly objects: readonly string[];
  /**
   * Reads it anew, all of it, at the last moment before it is marked or given up.
   *
   * @returns as it is now, and whether that is what was planned for; undefined if it is gone
   * @throws {@link VaultError} if something of it cannot be read
   */
  confirm(): Promise<{ readonly now: Subject; readonly unchanged: boolean } | undefined>;
}
