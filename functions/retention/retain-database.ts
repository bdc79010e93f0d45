import type { Entry, Failure } from '../../layers/backup/catalog.ts';
import { mapBounded } from '../../layers/backup/map-bounded.ts';
import { planRetention } from '../../layers/backup/retention.ts';
import type { DatabaseReport } from '../../layers/backup/retention-report.ts';
import type { ReadBackups } from '../../layers/catalog/backups.ts';
import type { UnfinishedUpload } from '../../layers/vault/unfinished-uploads.ts';
import { anchorsHold, hasFallen } from './anchors.ts';
import { applyPolicy, CONCURRENCY, noPolicyCounts } from './apply-policy.ts';
import { backupSubject } from './backup-subject.ts';
import type { Candidate } from './candidate.ts';
import { readCandidates } from './read-candidates.ts';
import { undo } from './removal.ts';
import { decide, type Run } from './run.ts';
import { sweepEntry, sweepFailures, sweepUpload } from './sweep.ts';

/** Everything of one database that a run looks at. */
export interface DatabaseWork {
  readonly database: string;
  readonly entries: readonly Entry[];
  readonly failures: readonly Failure[];
  readonly uploads: readonly UnfinishedUpload[];
}

/** A report while it is being counted. */
type Counts = { -readonly [K in keyof DatabaseReport]: DatabaseReport[K] };

/**
 * Does everything that retention does for one database.
 *
 * @param problems - takes what went wrong; the store refusing one step ends this database's run, not the others'
 */
export async function retainDatabase(run: Run, work: DatabaseWork, problems: unknown[]): Promise<DatabaseReport> {
  const counts = newCounts(work.database);
  try {
    const { backups, unreadable, plan } = await readFor(run, work);
    for (const { error } of unreadable) problems.push(error);
    counts.unreadable = unreadable.length;
    if (hasFallen(run, backups)) await holdStill(run, backups, counts);
    else await applyPolicy(run, { database: work.database }, subjectsOf(run, plan), counts);
    await sweep(run, work, backups, counts);
  } catch (error) {
    problems.push(error);
  }
  return counts;
}

/** Where anything would be let go, what that counts from is read anew: one wrong note must not shift the whole plan. */
async function readFor(run: Run, { entries }: DatabaseWork): Promise<ReadBackups<Candidate> & { plan: Plan }> {
  const noted = await readCandidates(run, entries);
  const plan = planFor(run, noted.backups);
  if (plan.letGo.length + plan.leaving.length === 0 || (await anchorsHold(run, noted.backups)))
    return { ...noted, plan };
  run.log.warn({ database: noted.backups[0]?.database }, 'the notes of former runs are wrong: every backup is read');
  const afresh = await readCandidates(run, entries, { afresh: true });
  return { ...afresh, plan: planFor(run, afresh.backups) };
}

type Plan = ReturnType<typeof planFor>;

function planFor(run: Run, backups: readonly Candidate[]) {
  // What the lifecycle has begun to remove is no backup any more: it must neither stand for one nor be brought back.
  const leaving = backups.filter((backup) => !backup.complete && !backup.kept && backup.mark?.taggedAt !== undefined);
  const { keep, retire: letGo } = planRetention(
    backups.filter((backup) => !leaving.includes(backup)),
    run.options.policy,
    run.options.now,
  );
  return { keep, letGo, leaving };
}

/** Nothing is let go while next to nothing is left of what the database held; only what a person keeps is taken back. */
async function holdStill(run: Run, backups: readonly Candidate[], counts: Counts): Promise<void> {
  counts.held = true;
  run.log.warn({ database: counts.database }, HELD);
  await mapBounded(backups, CONCURRENCY, async (backup) => {
    counts[backup.mark === undefined || backup.kept ? 'kept' : 'waiting']++;
    if (backup.kept && backup.entry.retired !== undefined) {
      counts.undone++;
      return undo(run, backupSubject(run, backup), ['kept by hand']);
    }
    const { database, firedAt, mark } = backup;
    const action = mark === undefined ? 'keep' : 'wait';
    decide(run, {
      database,
      firedAt: firedAt.toISOString(),
      action,
      reasons: ['the newest backup holds next to nothing'],
    });
  });
}

const HELD =
  'the newest backup holds next to nothing of what was there: nothing is retired or removed until there is more, or somebody runs pgvouch accept';

function subjectsOf(run: Run, { keep, letGo, leaving }: Plan) {
  const planned = ({ backup, reasons }: Plan['keep'][number]) => ({ subject: backupSubject(run, backup), reasons });
  return {
    keep: keep.map(planned),
    letGo: letGo.map(planned),
    leaving: leaving.map((backup) => backupSubject(run, backup)),
  };
}

async function sweep(run: Run, work: DatabaseWork, backups: readonly Candidate[], counts: Counts): Promise<void> {
  const backupOf = new Map<Entry, Candidate>(backups.map((backup) => [backup.entry, backup]));
  for (const entry of work.entries) {
    const backup = backupOf.get(entry);
    // A manifest that could not be read may claim any of the archives beside it.
    if (entry.manifest !== undefined && backup === undefined) continue;
    await sweepEntry(run, entry, backup, counts.swept);
  }
  counts.swept.failures += await sweepFailures(run, work.failures);
  for (const upload of work.uploads) await sweepUpload(run, upload, counts.swept);
}

function newCounts(database: string): Counts {
  return {
    ...{ database, ...noPolicyCounts(), unreadable: 0, held: false },
    swept: { archives: 0, globals: 0, leftovers: 0, failures: 0, uploads: 0 },
  };
}
