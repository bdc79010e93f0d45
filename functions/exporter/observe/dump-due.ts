import { previousFiring, type Schedule } from '../../../layers/schedule/expression.ts';
import { firingAfter } from '../../../layers/schedule/overdue.ts';
import type { DatabaseState, DumpDue, Observation } from './observation.ts';

/** A firing has begun a little before what it found is written down. */
const FOUND_WITHIN_MS = 10 * 60_000;

/** Adds to a state when its database is dumped, if it is to be and that is known. Pure. */
export function withDumpDue(state: DatabaseState, schedule: Schedule | undefined, now: Date): DatabaseState {
  if (!state.configured || schedule === undefined) return state;
  const { newest, foundSince } = state;
  const servedAt =
    newest?.entry.firedAt ??
    (newest === null && foundSince ? new Date(foundSince.getTime() - FOUND_WITHIN_MS) : undefined);
  const due: DumpDue = {
    schedule,
    previousAt: previousFiring(schedule, now),
    nextAt: schedule.kind === 'rate' ? undefined : firingAfter(schedule, now),
    unansweredAt: servedAt && firingAfter(schedule, servedAt),
  };
  return { ...state, due };
}

/** When dump is due next, of whichever database, and when it was last. Pure. */
export function dumpsDue(databases: readonly DatabaseState[]): Pick<Observation, 'nextDumpAt' | 'previousDumpAt'> {
  const times = (name: 'nextAt' | 'previousAt') =>
    databases.flatMap(({ due }) => due?.[name]?.getTime() ?? []).sort((one, two) => one - two);
  const [next, previous] = [times('nextAt')[0], times('previousAt').at(-1)];
  return {
    nextDumpAt: next === undefined ? undefined : new Date(next),
    previousDumpAt: previous === undefined ? undefined : new Date(previous),
  };
}

/** A dump that takes longer than the last one is slow before it is overdue. */
export const DUMP_PATIENCE_MS = 3_600_000;

/**
 * When the next backup is overdue: an hour after its firing, or twice as long as the last dump took, and what those before
 * it take. Pure.
 *
 * @param waitMs - what those before it take
 * @returns undefined if no firing is known that should bring one
 */
export function overdueOf({ due, newest }: Pick<DatabaseState, 'due' | 'newest'>, waitMs: number): Date | undefined {
  if (due?.unansweredAt === undefined) return undefined;
  const patienceMs = Math.max(DUMP_PATIENCE_MS, 2 * (newest?.manifest.durationMs ?? 0));
  return new Date(due.unansweredAt.getTime() + waitMs + patienceMs);
}
