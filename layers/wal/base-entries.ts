import { isUndone, type ListedObject, lastVerdict } from '../backup/catalog.ts';
import type { VerdictName } from '../backup/verdict.ts';
import { parseClusterKey } from './keys.ts';

/** The verdict of a recovery drill, as a listing tells it. */
export interface DrillVerdict {
  readonly name: VerdictName;
  readonly at: Date;
}

export interface BaseFile extends ListedObject {
  readonly attempt: string;
  /** Its name in the folder of the attempt. */
  readonly file: string;
}

/** Everything that a listing tells of one base backup. It is one only if `document` is there. */
export interface BaseEntry {
  readonly startedAt: Date;
  /** `base.json` */
  readonly document: ListedObject | undefined;
  readonly files: readonly BaseFile[];
  readonly verdict: DrillVerdict | undefined;
  readonly verdicts: readonly ListedObject[];
  /** The mark of its retirement, if that counts: `undone.json` undoes it. */
  readonly retired: ListedObject | undefined;
  /** `undone.json` and `retired.json`, whether they count or not; in the order to remove them. */
  readonly marks: readonly ListedObject[];
  /** A person's pin. */
  readonly kept: ListedObject | undefined;
}

/** The base backups of one cluster, oldest first, out of a listing of its folder or of one base backup's. Pure. */
export function baseEntries(prefix: string, systemIdentifier: string, listed: Iterable<ListedObject>): BaseEntry[] {
  const drafts = new Map<number, Draft>();
  for (const object of listed) {
    const parsed = parseClusterKey(prefix, object.key);
    if (parsed?.systemIdentifier !== systemIdentifier || !('startedAt' in parsed)) continue;
    const { startedAt } = parsed;
    const draft = drafts.get(startedAt.getTime()) ?? { startedAt, files: [], verdicts: [] };
    drafts.set(startedAt.getTime(), draft);
    if (parsed.kind === 'base') draft.document = object;
    else if (parsed.kind === 'base-file') draft.files.push({ ...object, attempt: parsed.attempt, file: parsed.file });
    else if (parsed.kind === 'base-verdict') draft.verdicts.push({ ...object, name: parsed.verdict });
    else draft[parsed.mark] = object;
  }
  return [...drafts.values()]
    .sort((a, b) => a.startedAt.getTime() - b.startedAt.getTime())
    .map(({ document, kept, retired, undone, ...rest }) => ({
      ...{ ...rest, document, kept },
      verdict: verdictOf(rest.verdicts),
      retired: isUndone(retired, undone) ? undefined : retired,
      marks: [undone, retired].filter((mark) => mark !== undefined),
    }));
}

function verdictOf(verdicts: Draft['verdicts']): DrillVerdict | undefined {
  const last = lastVerdict(verdicts);
  return last && { name: last.name, at: last.modifiedAt };
}

/** The objects of a base backup, without what marks it; the order to remove them: the document goes first, the files last. */
export function objectsOfBase({ document, verdicts, files }: BaseEntry): ListedObject[] {
  return [...(document ? [document] : []), ...verdicts, ...files];
}

interface Draft {
  startedAt: Date;
  files: BaseFile[];
  verdicts: (ListedObject & { name: VerdictName })[];
  document?: ListedObject;
  retired?: ListedObject;
  undone?: ListedObject;
  kept?: ListedObject;
}
