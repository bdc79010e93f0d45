import type { Entry, Failure } from '../../layers/backup/catalog.ts';
import { mapBounded } from '../../layers/backup/map-bounded.ts';
import { planRetention } from '../../layers/backup/retention.ts';
import type { DatabaseReport } from '../../layers/backup/retention-report.ts';
import type { ReadBackups } from '../../layers/catalog/backups.ts';
import type { UnfinishedUpload } from '../../layers/vault/unfinished-uploads.ts';
import { anchorsHold, hasFallen } from './anchors.ts';
import type { Candidate } from './candidate.ts';
import { readCandidates } from './read-candidates.ts';
import { release, retire, undo } from './removal.ts';
import { decide, type Run } from './run.ts';
import { sweepEntry, sweepFailures, sweepUpload } from './sweep.ts';

/** Everything of one database that a run looks at. */
export interface DatabaseWork {
  readonly database: string;
  readonly entries: readonly Entry[];
  readonly failures: readonly Failure[];
  readonly uploads: readonly UnfinishedUpload[];
}

/** Requests under way at once. */
const CONCURRENCY = 8;

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
    else await applyPolicy(run, backups, plan, counts);
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
      return undo(run, backup, ['kept by hand']);
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

async function applyPolicy(
  run: Run,
  backups: readonly Candidate[],
  { keep, letGo, leaving }: Plan,
  counts: Counts,
): Promise<void> {
  const fresh = letGo.filter(({ backup }) => backup.mark === undefined);
  reportMassRetirement(run, counts, fresh.length, backups.filter(({ mark }) => mark === undefined).length);

  await mapBounded(keep, CONCURRENCY, async ({ backup, reasons }) => {
    counts.kept++;
    // Also what an older version undid within the mark: a listing is to tell.
    if (backup.entry.retired !== undefined) {
      counts.undone++;
      return undo(run, backup, reasons);
    }
    decide(run, { database: backup.database, firedAt: backup.firedAt.toISOString(), action: 'keep', reasons });
  });
  await mapBounded(fresh, CONCURRENCY, async ({ backup, reasons }) => {
    counts[(await retire(run, backup, reasons)) ? 'retired' : 'kept']++;
  });
  const retired = [...letGo.map(({ backup }) => backup), ...leaving];
  await mapBounded(retired, CONCURRENCY, async (backup) => {
    if (backup.mark === undefined) return;
    const became = await release(run, backup, backup.mark);
    counts[became]++;
    if (became === 'overdue') counts.waiting++;
    if (became === 'undone') counts.kept++;
  });
}

function reportMassRetirement(run: Run, counts: Counts, retiring: number, notRetired: number): void {
  counts.retiredShare = notRetired === 0 ? 0 : retiring / notRetired;
  counts.massRetirement = notRetired >= 2 && counts.retiredShare > 0.5;
  if (!counts.massRetirement) return;
  run.log.warn(
    { database: counts.database, retiring, of: notRetired, policy: run.options.policy },
    'this run retires more than half of the catalog: if that is not intended, correct the policy before the grace period ends',
  );
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
    database,
    kept: 0,
    retired: 0,
    waiting: 0,
    removed: 0,
    undone: 0,
    unreadable: 0,
    overdue: 0,
    retiredShare: 0,
    massRetirement: false,
    held: false,
    swept: { archives: 0, globals: 0, leftovers: 0, failures: 0, uploads: 0 },
  };
}
