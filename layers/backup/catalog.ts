import type { BackupName } from './keys.ts';
import { parseKey } from './keys.ts';
import { parseSharedGlobalsKey, type SharedGlobalsName } from './shared-globals-key.ts';
import type { VerdictName } from './verdict.ts';
import { VERDICTS } from './verdict.ts';

/** One object as a listing tells it. */
export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
  /** Another one where the contents are others. The exporter's notes do not have it. */
  readonly etag?: string | undefined;
}

export interface Blob extends ListedObject {
  readonly attempt: string;
}

/** Everything that a listing tells of one firing. It is a backup only if `manifest` is there. */
export interface Entry extends BackupName {
  readonly archives: readonly Blob[];
  readonly globals: readonly Blob[];
  readonly manifest: ListedObject | undefined;
  readonly verdict: VerdictName | undefined;
  readonly verdicts: readonly ListedObject[];
  /** How far a drill has come; see {@link isUnderWay}. */
  readonly drill: ListedObject | undefined;
  /** The mark of its retirement, if that counts: `undone.json` undoes it. */
  readonly retired: ListedObject | undefined;
  /** `undone.json` and `retired.json`, whether they count or not; in the order to remove them. */
  readonly marks: readonly ListedObject[];
  readonly kept: ListedObject | undefined;
  /** A person's word that it holds what it should. */
  readonly accepted: ListedObject | undefined;
}

/** Globals that several databases' backups may name. */
export interface SharedGlobals extends ListedObject, SharedGlobalsName {}

export interface Failure extends ListedObject {
  readonly at: Date;
}

export interface Catalog {
  /** By database, then newest first. */
  readonly entries: ReadonlyMap<string, readonly Entry[]>;
  /** By database (`undefined` for those that belong to none), newest first. */
  readonly failures: ReadonlyMap<string | undefined, readonly Failure[]>;
  /** Of all servers and firings. */
  readonly sharedGlobals: readonly SharedGlobals[];
}

/**
 * Derives the catalog from a listing of the vault. Objects that are not ours are not looked at.
 *
 * Where several verdicts stand beside one manifest the one written last counts, and of two written at once the worse. So
 * it is with `retired.json` and `undone.json`: of two written at once `undone.json` counts, which keeps the backup.
 *
 * @param prefix - the vault's prefix, with its slash
 */
export function buildCatalog(prefix: string, objects: Iterable<ListedObject>): Catalog {
  const drafts = new Map<string, Draft>();
  const failures = new Map<string | undefined, Failure[]>();
  const sharedGlobals: SharedGlobals[] = [];
  let draft: Draft | undefined;
  for (const object of objects) {
    const parsed = parseKey(prefix, object.key);
    if (parsed === undefined) {
      const shared = parseSharedGlobalsKey(prefix, object.key);
      if (shared) sharedGlobals.push({ ...object, ...shared });
      continue;
    }
    if (parsed.kind === 'failure') {
      const list = failures.get(parsed.database) ?? [];
      failures.set(parsed.database, list);
      list.push({ ...object, at: parsed.at });
      continue;
    }
    // Objects of one firing come one after another, in nearly all listings.
    if (draft?.database !== parsed.database || draft.firedAt.getTime() !== parsed.firedAt.getTime()) {
      const id = `${parsed.firedAt.getTime()}/${parsed.database}`;
      draft = drafts.get(id) ?? newDraft(parsed);
      drafts.set(id, draft);
    }
    if (parsed.kind === 'archive') draft.archives.push({ ...object, attempt: parsed.attempt });
    else if (parsed.kind === 'globals') draft.globals.push({ ...object, attempt: parsed.attempt });
    else if (parsed.kind === 'verdict') draft.verdicts.push({ ...object, name: parsed.verdict });
    else draft[parsed.kind] = object;
  }
  const entries = new Map<string, Entry[]>();
  for (const { retired, undone, ...rest } of drafts.values()) {
    const list = entries.get(rest.database) ?? [];
    entries.set(rest.database, list);
    list.push({
      ...rest,
      verdict: lastVerdict(rest.verdicts)?.name,
      retired: isUndone(retired, undone) ? undefined : retired,
      marks: [undone, retired].filter((mark) => mark !== undefined),
    });
  }
  for (const list of entries.values()) list.sort((a, b) => b.firedAt.getTime() - a.firedAt.getTime());
  for (const list of failures.values()) list.sort((a, b) => b.at.getTime() - a.at.getTime());
  return { entries, failures, sharedGlobals };
}

/** The objects of a backup, without what marks it; the order to remove them: the manifest goes first, the archive last. */
export function objectsOf({ manifest, accepted, drill, verdicts, globals, archives }: Entry): ListedObject[] {
  const documents = [manifest, accepted, drill].filter((one) => one !== undefined);
  return [...documents, ...verdicts, ...globals, ...archives];
}

/** The bytes of a backup in the bucket: archive, globals and manifest. */
export function storedBytes({ archives, globals, manifest }: Entry): number {
  return [...archives, ...globals, ...(manifest ? [manifest] : [])].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** The object of the verdict that counts. */
export function verdictObject({ verdict, verdicts }: Pick<Entry, 'verdict' | 'verdicts'>): ListedObject | undefined {
  return verdict && verdicts.find(({ key }) => key.endsWith(`/verdict-${verdict}.json`));
}

/**
 * Whether a drill was begun and goes on in the next run of verify. The verdict is written last, so a drill that is no
 * newer has ended.
 */
export function isUnderWay(entry: Pick<Entry, 'drill' | 'verdict' | 'verdicts'>): boolean {
  const verdict = verdictObject(entry);
  return entry.drill !== undefined && (verdict === undefined || entry.drill.modifiedAt > verdict.modifiedAt);
}

/** Whether it is a backup that verify has said nothing about yet. */
export function lacksVerdict({ manifest, verdict }: Pick<Entry, 'manifest' | 'verdict'>): boolean {
  return manifest !== undefined && verdict === undefined;
}

interface Draft {
  database: string;
  firedAt: Date;
  archives: Blob[];
  globals: Blob[];
  verdicts: (ListedObject & { name: VerdictName })[];
  manifest: ListedObject | undefined;
  drill: ListedObject | undefined;
  retired: ListedObject | undefined;
  undone: ListedObject | undefined;
  kept: ListedObject | undefined;
  accepted: ListedObject | undefined;
}

function newDraft(name: BackupName): Draft {
  return {
    database: name.database,
    firedAt: name.firedAt,
    archives: [],
    globals: [],
    verdicts: [],
    manifest: undefined,
    drill: undefined,
    retired: undefined,
    undone: undefined,
    kept: undefined,
    accepted: undefined,
  };
}

/** Whether `undone.json` counts and `retired.json` does not: of two written at once it does. */
export function isUndone(retired: ListedObject | undefined, undone: ListedObject | undefined): boolean {
  return retired !== undefined && undone !== undefined && undone.modifiedAt >= retired.modifiedAt;
}

/** The verdict that counts: the one written last, and of two written at once the worse. */
export function lastVerdict<T extends Pick<ListedObject, 'modifiedAt'> & { readonly name: VerdictName }>(
  verdicts: readonly T[],
): T | undefined {
  return [...verdicts].sort(
    (a, b) => b.modifiedAt.getTime() - a.modifiedAt.getTime() || VERDICTS.indexOf(b.name) - VERDICTS.indexOf(a.name),
  )[0];
}
