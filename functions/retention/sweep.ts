import type { Blob, Entry, Failure, ListedObject } from '../../layers/backup/catalog.ts';
import { DAY_MS } from '../../layers/backup/instant.ts';
import { manifestKey, parseKey } from '../../layers/backup/keys.ts';
import type { DatabaseReport } from '../../layers/backup/retention-report.ts';
import type { UnfinishedUpload } from '../../layers/vault/unfinished-uploads.ts';
import type { Candidate } from './candidate.ts';
import { confirm } from './confirm.ts';
import { decide, giveUp, type Run } from './run.ts';

type Swept = DatabaseReport['swept'];

/** The reason of such a decision. */
export const UNFINISHED_UPLOAD = 'unfinished upload';

const FAILURE_DAYS = 30;

/**
 * Clears what belongs to no backup: archives and globals without a manifest or of another attempt than the manifest's,
 * and what is left in a folder that has neither. Only what is older than the sweep's grace; a pin holds a whole folder.
 *
 * @param backup - the entry's backup; an entry whose manifest is there but could not be read must not come here
 */
export async function sweepEntry(run: Run, entry: Entry, backup: Candidate | undefined, swept: Swept): Promise<void> {
  const blobs = [...entry.archives, ...entry.globals];
  if (backup === undefined && blobs.length === 0) return sweepLeftovers(run, entry, swept);
  const orphans = blobs.filter((blob) => blob.attempt !== backup?.attempt && isStale(run, blob.modifiedAt));
  if (orphans.length === 0 || entry.kept !== undefined) return;
  // What was listed, or noted, may no longer be so: the manifest alone says what is an orphan.
  const isSo =
    backup === undefined
      ? (await run.vault.getText(manifestKey(run.vault.prefix, entry))) === undefined
      : (await confirm(run, backup))?.now.attempt === backup.attempt;
  if (!isSo) return;
  for (const orphan of orphans) {
    swept[isArchive(entry, orphan) ? 'archives' : 'globals']++;
    await sweepObject(run, entry, orphan, backup === undefined ? whyNoManifest(entry) : 'from another attempt');
  }
}

/** What outlives manifest and archive goes last: the mark says until then why they went. */
async function sweepLeftovers(run: Run, entry: Entry, swept: Swept): Promise<void> {
  const leftovers = [
    ...(entry.drill ? [entry.drill] : []),
    ...entry.verdicts,
    ...(entry.kept ? [entry.kept] : []),
    ...(entry.accepted ? [entry.accepted] : []),
    ...entry.marks,
  ];
  if (!leftovers.every(({ modifiedAt }) => isStale(run, modifiedAt))) return;
  for (const leftover of leftovers) {
    swept.leftovers++;
    await sweepObject(run, entry, leftover, 'its backup is gone');
  }
}

/**
 * Clears old failure records.
 *
 * @returns how many
 */
export async function sweepFailures(run: Run, failures: readonly Failure[]): Promise<number> {
  // A policy that only counts says nothing of days, and records must not pile up for ever.
  const days = run.options.policy.keepDays || FAILURE_DAYS;
  const before = run.earliest.getTime() - days * DAY_MS;
  // By the store's clock, and the record's own where that is later.
  const old = failures.filter(({ at, modifiedAt }) => Math.max(at.getTime(), modifiedAt.getTime()) < before);
  for (const failure of old) {
    const parsed = parseKey(run.vault.prefix, failure.key);
    await sweepObject(run, { database: parsed?.database }, failure, `failure record older than ${days}d`);
  }
  return old.length;
}

/** Clears one unfinished upload if it is stale. Only uploads of our archives, globals and base backups ever are. */
export async function sweepUpload(run: Run, upload: UnfinishedUpload, swept: { uploads: number }): Promise<void> {
  // A store that does not tell when it began might mean one that runs now: those are left to the bucket's lifecycle.
  if (upload.startedAt.getTime() === 0 || !isStale(run, upload.startedAt)) return;
  const { database } = parseKey(run.vault.prefix, upload.key) ?? {};
  swept.uploads++;
  decide(run, { database, key: upload.key, action: 'sweep', reasons: [UNFINISHED_UPLOAD] });
  if (!run.options.dryRun) await run.vault.abortUpload(upload);
}

export async function sweepObject(
  run: Run,
  { database, firedAt }: { database: string | undefined; firedAt?: Date },
  { key }: ListedObject,
  reason: string,
): Promise<void> {
  decide(run, {
    database,
    ...(firedAt && { firedAt: firedAt.toISOString() }),
    key,
    action: 'sweep',
    reasons: [reason],
  });
  await giveUp(run, [key]);
}

/** Whether it is older than the grace: nobody works on it any more. */
export function isStale(run: Run, at: Date): boolean {
  return at.getTime() < run.earliest.getTime() - run.options.sweepGraceMs;
}

function isArchive(entry: Entry, blob: Blob): boolean {
  return entry.archives.includes(blob);
}

function whyNoManifest(entry: Entry): string {
  return entry.retired === undefined ? 'no manifest' : 'its manifest is gone';
}
