import type { Timeline } from './segments.ts';
import { chainOf, isUsable, type StoredBase } from './stored-base.ts';

/** What the next base backup can be an increment of, or why of none. */
export type ParentChoice = { readonly parent: StoredBase } | { readonly why: string };

/**
 * Chooses the base backup that the next one is to be an increment of: the newest of the server's timeline that nobody found
 * bad, that is complete, and that retention does not let go, with all that it stands on itself.
 *
 * PostgreSQL takes one of an ancestor of the timeline, too. But a chain over a promotion depends on files of WAL summaries
 * that a standby may lack, and a promotion is rare: a full base backup is worth it then.
 *
 * @param startedAt - of the next one; those of that moment or later do not count
 * @see https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-INCREMENTAL-BACKUP
 */
export function chooseParent(bases: readonly StoredBase[], timeline: Timeline, startedAt: Date): ParentChoice {
  const earlier = bases.filter((one) => one.startedAt < startedAt);
  const onTimeline = earlier.filter(({ base }) => base.timeline === timeline);
  const usable = onTimeline.filter((one) => !one.retired && isUsable(one) && chainOf(one, bases) !== undefined);
  const newest = usable.reduce<StoredBase | undefined>(
    (last, one) => (last === undefined || one.stopLsn > last.stopLsn ? one : last),
    undefined,
  );
  if (newest !== undefined) return { parent: newest };
  if (earlier.length === 0) return { why: 'there is none before it' };
  if (onTimeline.length === 0) return { why: `those before it are not of the server's timeline, ${timeline}` };
  return { why: 'each one before it is incomplete, was found bad or retired, or stands on such a one' };
}
