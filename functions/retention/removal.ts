import { objectsOf } from '../../layers/backup/catalog.ts';
import { keptKey, retiredKey } from '../../layers/backup/keys.ts';
import type { Retired } from '../../layers/backup/retired.ts';
import { readRetired } from '../../layers/catalog/backups.ts';
import type { Candidate } from './candidate.ts';
import { decide, giveUp, type Run } from './run.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** A lifecycle acts once a day, and expiration is rounded to the next midnight: after this something is wrong. */
const LIFECYCLE_DAYS = 3;

/** Retires a backup: writes down when it goes and why. One that was retired meanwhile keeps its date. */
export async function retire(run: Run, backup: Candidate, reasons: readonly string[]): Promise<void> {
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
  if (run.options.dryRun) return;
  const key = retiredKey(run.vault.prefix, backup);
  if (await run.vault.putNew(key, print(mark))) return;
  const existing = await readRetired(run.vault, key);
  // Writing anew also drops the removal tag that an undone mark carries.
  if (existing?.undone) await run.vault.put(key, print(mark));
}

/** What became of a backup that was retired before this run. */
export type Release = 'waiting' | 'overdue' | 'removed' | 'undone';

/** Removes a retired backup once its grace has passed, unless a person wants it kept after all. */
export async function release(run: Run, backup: Candidate, mark: Retired): Promise<Release> {
  const { removal } = run.options;
  if (removal === 'tag' && mark.taggedAt !== undefined) return awaitLifecycle(run, backup, mark.taggedAt);
  if (run.earliest < new Date(mark.removeAfter)) {
    note(run, backup, 'wait', [...mark.reasons, `removed after ${mark.removeAfter}`]);
    return 'waiting';
  }
  // Asked again just now: the listing may be minutes old, and this is the last moment to change one's mind.
  if ((await run.vault.getText(keptKey(run.vault.prefix, backup))) !== undefined) {
    await undo(run, backup, mark, ['kept by hand']);
    return 'undone';
  }
  note(run, backup, 'remove', mark.reasons);
  await giveUp(run, keysOf(backup));
  if (removal === 'tag' && !run.options.dryRun) {
    await run.vault.put(retiredKey(run.vault.prefix, backup), print({ ...mark, taggedAt: run.latest.toISOString() }));
  }
  return 'removed';
}

/**
 * Undoes a retirement. The mark is written as undone before it is given up, because where we may not delete it stays
 * until the lifecycle takes it.
 */
export async function undo(run: Run, backup: Candidate, mark: Retired, reasons: readonly string[]): Promise<void> {
  note(run, backup, 'undo', reasons);
  if (run.options.dryRun) return;
  const { vault, options } = run;
  if (options.removal === 'tag' || mark.taggedAt !== undefined) {
    for (const key of keysOf(backup)) await vault.untag(key);
  }
  const key = retiredKey(vault.prefix, backup);
  await vault.put(key, print({ ...mark, undone: { at: run.latest.toISOString(), reasons: [...reasons] } }));
  await giveUp(run, [key]);
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

/** Whatever is interrupted leaves no manifest without its archive. */
function keysOf({ entry }: Candidate): string[] {
  return objectsOf(entry).map(({ key }) => key);
}

function note(
  run: Run,
  { database, firedAt }: Candidate,
  action: 'retire' | 'wait' | 'remove' | 'undo',
  reasons: readonly string[],
) {
  decide(run, { database, firedAt: firedAt.toISOString(), action, reasons });
}

function print(mark: Retired): string {
  return `${JSON.stringify(mark, null, 2)}\n`;
}
