import { DAY_MS } from '../../layers/backup/instant.ts';
import { decide, giveUp, type Run } from './run.ts';
import type { Mark, Subject } from './subject.ts';

/** A lifecycle acts once a day, and expiration is rounded to the next midnight: after this something is wrong. */
const LIFECYCLE_DAYS = 3;

/** Why something is left to the next run. */
const CHANGED = 'it changed meanwhile, and the next run decides';

/**
 * Retires a subject: writes down when it goes and why. One that was retired meanwhile keeps its date.
 *
 * @returns false if it stays, because it is no longer what was planned for
 */
export async function retire(run: Run, subject: Subject, reasons: readonly string[]): Promise<boolean> {
  const found = await subject.confirm();
  if (!found?.unchanged) {
    note(run, subject, 'keep', [CHANGED]);
    return false;
  }
  const mark: Mark = {
    format: 'pgvouch/retired',
    formatVersion: 1,
    ...subject.about,
    retiredAt: run.latest.toISOString(),
    removeAfter: new Date(run.latest.getTime() + run.options.graceDays * DAY_MS).toISOString(),
    reasons: [...reasons],
  };
  note(run, subject, 'retire', reasons);
  if (run.options.dryRun) return true;
  const key = subject.keys.retired;
  // Writing one anew that was undone also drops its removal tag.
  const isThere = found.now.marks.includes(key);
  await run.vault[isThere ? 'put' : 'putNew'](key, print(mark));
  return true;
}

/** What became of a subject that was retired before this run. */
export type Release = 'waiting' | 'overdue' | 'removed' | 'undone';

/** Removes a retired subject once its grace has passed, unless a person has pinned it after all. */
export async function release(run: Run, subject: Subject, mark: Mark): Promise<Release> {
  const { removal } = run.options;
  if (removal === 'tag' && mark.taggedAt !== undefined) return awaitLifecycle(run, subject, mark.taggedAt);
  if (run.earliest < new Date(mark.removeAfter)) {
    note(run, subject, 'wait', [...mark.reasons, `removed after ${mark.removeAfter}`]);
    return 'waiting';
  }
  // The last moment to change one's mind.
  const found = await subject.confirm();
  if (found?.now.kept) {
    await undo(run, found.now, ['kept by hand']);
    return 'undone';
  }
  if (!found?.unchanged) {
    note(run, subject, 'wait', [CHANGED]);
    return 'waiting';
  }
  note(run, subject, 'remove', mark.reasons);
  await giveUp(run, keysOf(found.now));
  if (removal === 'tag' && !run.options.dryRun) {
    await run.vault.put(subject.keys.retired, print({ ...mark, taggedAt: run.latest.toISOString() }));
  }
  return 'removed';
}

/**
 * Undoes a retirement. That it is undone is written before its mark is given up: where we may not delete, the mark stays
 * until the lifecycle takes it.
 */
export async function undo(run: Run, subject: Subject, reasons: readonly string[]): Promise<void> {
  note(run, subject, 'undo', reasons);
  if (run.options.dryRun) return;
  const { vault, options } = run;
  if (options.removal === 'tag' || subject.mark?.taggedAt !== undefined) {
    for (const key of keysOf(subject)) await vault.untag(key);
  }
  const undone = {
    format: 'pgvouch/undone',
    formatVersion: 1,
    ...subject.about,
    undoneAt: run.latest.toISOString(),
    reasons: [...reasons],
  };
  await vault.put(subject.keys.undone, print(undone));
  await giveUp(run, [subject.keys.retired]);
}

function awaitLifecycle(run: Run, subject: Subject, taggedAt: string): Release {
  note(run, subject, 'wait', [`tagged at ${taggedAt}: the lifecycle removes it`]);
  if (run.earliest.getTime() - new Date(taggedAt).getTime() < LIFECYCLE_DAYS * DAY_MS) return 'waiting';
  run.log.warn(
    { ...subject.about, taggedAt },
    'the bucket has no lifecycle rule for the tag pgvouch=remove, or the store does not run it: add the rule, or set RETENTION_REMOVAL=direct',
  );
  return 'overdue';
}

/** All but the mark that counts, which goes last. */
function keysOf({ isMarked, keys, marks, objects }: Subject): string[] {
  return [...marks.filter((key) => !(isMarked && key === keys.retired)), ...objects];
}

function note(
  run: Run,
  { about }: Subject,
  action: 'keep' | 'retire' | 'wait' | 'remove' | 'undo',
  reasons: readonly string[],
) {
  decide(run, { ...about, action, reasons });
}

function print(mark: object): string {
  return `${JSON.stringify(mark, null, 2)}\n`;
}
