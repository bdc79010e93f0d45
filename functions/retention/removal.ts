import { objectsOf } from '../../layers/backup/catalog.ts';
import { retiredKey, undoneKey } from '../../layers/backup/keys.ts';
import type { Retired } from '../../layers/backup/retired.ts';
import type { Undone } from '../../layers/backup/undone.ts';
import type { Candidate } from './candidate.ts';
import { confirm } from './confirm.ts';
import { decide, giveUp, type Run } from './run.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** A lifecycle acts once a day, and expiration is rounded to the next midnight: after this something is wrong. */
const LIFECYCLE_DAYS = 3;

/** Why something is left to the next run. */
const CHANGED = 'it changed meanwhile, and the next run decides';

/**
 * Retires a backup: writes down when it goes and why. One that was retired meanwhile keeps its date.
 *
 * @returns false if it stays, because it is no longer what was planned for
 */
export async function retire(run: Run, backup: Candidate, reasons: readonly string[]): Promise<boolean> {
  const found = await confirm(run, backup);
  if (!found?.unchanged) {
    note(run, backup, 'keep', [CHANGED]);
    return false;
  }
  const mark: Retired = {
    format: 'pgvouch/retired',
    formatVersion: 1,
    database: backup.database,
    firedAt: backup.firedAt.toISOString(),
    retiredAt: run.latest.toISOString(),
    removeAfter: new Date(run.latest.getTime() + run.options.graceDays * DAY_MS).toISOString(),
    reasons: [...reasons],
  };
  note(run, backup, 'retire', reasons);
  if (run.options.dryRun) return true;
  const key = retiredKey(run.vault.prefix, backup);
  // Writing one anew that was undone also drops its removal tag.
  const isThere = found.now.entry.marks.some((one) => one.key === key);
  await run.vault[isThere ? 'put' : 'putNew'](key, print(mark));
  return true;
}

/** What became of a backup that was retired before this run. */
export type Release = 'waiting' | 'overdue' | 'removed' | 'undone';

/** Removes a retired backup once its grace has passed, unless a person has pinned it after all. */
export async function release(run: Run, backup: Candidate, mark: Retired): Promise<Release> {
  const { removal } = run.options;
  if (removal === 'tag' && mark.taggedAt !== undefined) return awaitLifecycle(run, backup, mark.taggedAt);
  if (run.earliest < new Date(mark.removeAfter)) {
    note(run, backup, 'wait', [...mark.reasons, `removed after ${mark.removeAfter}`]);
    return 'waiting';
  }
  // The last moment to change one's mind.
  const found = await confirm(run, backup);
  if (found?.now.kept) {
    await undo(run, found.now, ['kept by hand']);
    return 'undone';
  }
  if (!found?.unchanged) {
    note(run, backup, 'wait', [CHANGED]);
    return 'waiting';
  }
  note(run, backup, 'remove', mark.reasons);
  await giveUp(run, keysOf(found.now));
  if (removal === 'tag' && !run.options.dryRun) {
    await run.vault.put(retiredKey(run.vault.prefix, backup), print({ ...mark, taggedAt: run.latest.toISOString() }));
  }
  return 'removed';
}

/**
 * Undoes a retirement. That it is undone is written before its mark is given up: where we may not delete, the mark stays
 * until the lifecycle takes it.
 */
export async function undo(run: Run, backup: Candidate, reasons: readonly string[]): Promise<void> {
  note(run, backup, 'undo', reasons);
  if (run.options.dryRun) return;
  const { vault, options } = run;
  if (options.removal === 'tag' || backup.mark?.taggedAt !== undefined) {
    for (const key of keysOf(backup)) await vault.untag(key);
  }
  const undone: Undone = {
    format: 'pgvouch/undone',
    formatVersion: 1,
    database: backup.database,
    firedAt: backup.firedAt.toISOString(),
    undoneAt: run.latest.toISOString(),
    reasons: [...reasons],
  };
  await vault.put(undoneKey(vault.prefix, backup), print(undone));
  await giveUp(run, [retiredKey(vault.prefix, backup)]);
}

function awaitLifecycle(run: Run, backup: Candidate, taggedAt: string): Release {
  note(run, backup, 'wait', [`tagged at ${taggedAt}: the lifecycle removes it`]);
  if (run.earliest.getTime() - new Date(taggedAt).getTime() < LIFECYCLE_DAYS * DAY_MS) return 'waiting';
  run.log.warn(
    { database: backup.database, firedAt: backup.firedAt, taggedAt },
    'the bucket has no lifecycle rule for the tag pgvouch=remove, or the store does not run it: add the rule, or set RETENTION_REMOVAL=direct',
  );
  return 'overdue';
}

/** All but `retired.json`, which goes last. Whatever is interrupted leaves no manifest without its archive. */
function keysOf({ entry }: Candidate): string[] {
  const undone = entry.marks.filter((mark) => mark !== entry.retired);
  return [...undone, ...objectsOf(entry)].map(({ key }) => key);
}

function note(
  run: Run,
  { database, firedAt }: Candidate,
  action: 'keep' | 'retire' | 'wait' | 'remove' | 'undo',
  reasons: readonly string[],
) {
  decide(run, { database, firedAt: firedAt.toISOString(), action, reasons });
}

function print(mark: Retired | Undone): string {
  return `${JSON.stringify(mark, null, 2)}\n`;
}
