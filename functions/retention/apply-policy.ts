import { mapBounded } from '../../layers/backup/map-bounded.ts';
import type { PolicyCounts } from '../../layers/backup/retention-report.ts';
import { release, retire, undo } from './removal.ts';
import { decide, type Run } from './run.ts';
import type { About, Subject } from './subject.ts';

/** Requests under way at once. */
export const CONCURRENCY = 8;

/** What a policy says of the subjects that it is about: one database's backups, or one cluster's base backups. */
export interface PolicyPlan {
  readonly keep: readonly Planned[];
  readonly letGo: readonly Planned[];
  /** What the lifecycle has begun to remove; the policy does not count it any more. */
  readonly leaving: readonly Subject[];
}

export interface Planned {
  readonly subject: Subject;
  readonly reasons: readonly string[];
}

/** A report's part, while it is being counted. */
export type Counting = { -readonly [K in keyof PolicyCounts]: PolicyCounts[K] };

/**
 * Retires what a policy lets go, removes what was retired long enough ago, and undoes what it keeps after all.
 *
 * @param of - whose subjects they are, for the log
 */
export async function applyPolicy(
  run: Run,
  of: Partial<About>,
  { keep, letGo, leaving }: PolicyPlan,
  counts: Counting,
): Promise<void> {
  const fresh = letGo.filter(({ subject }) => subject.mark === undefined);
  const all = [...[...keep, ...letGo].map(({ subject }) => subject), ...leaving];
  reportMassRetirement(run, of, counts, fresh.length, all.filter(({ mark }) => mark === undefined).length);

  await mapBounded(keep, CONCURRENCY, async ({ subject, reasons }) => {
    counts.kept++;
    // Also what an older version undid within the mark: a listing is to tell.
    if (subject.isMarked) {
      counts.undone++;
      return undo(run, subject, reasons);
    }
    decide(run, { ...subject.about, action: 'keep', reasons });
  });
  await mapBounded(fresh, CONCURRENCY, async ({ subject, reasons }) => {
    counts[(await retire(run, subject, reasons)) ? 'retired' : 'kept']++;
  });
  await mapBounded([...letGo.map(({ subject }) => subject), ...leaving], CONCURRENCY, async (subject) => {
    if (subject.mark === undefined) return;
    const became = await release(run, subject, subject.mark);
    counts[became]++;
    if (became === 'overdue') counts.waiting++;
    if (became === 'undone') counts.kept++;
  });
}

function reportMassRetirement(
  run: Run,
  of: Partial<About>,
  counts: Counting,
  retiring: number,
  notRetired: number,
): void {
  counts.retiredShare = notRetired === 0 ? 0 : retiring / notRetired;
  counts.massRetirement = notRetired >= 2 && counts.retiredShare > 0.5;
  if (!counts.massRetirement) return;
  run.log.warn(
    { ...of, retiring, of: notRetired, policy: run.options.policy },
    'this run retires more than half of the catalog: if that is not intended, correct the policy before the grace period ends',
  );
}

export function noPolicyCounts(): Counting {
  return {
    ...{ kept: 0, retired: 0, waiting: 0, removed: 0, undone: 0, overdue: 0 },
    ...{ retiredShare: 0, massRetirement: false },
  };
}
