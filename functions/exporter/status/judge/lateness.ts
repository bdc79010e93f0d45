import { moment } from '../../../../layers/words/instants.ts';
import { shellWord } from '../../../../layers/words/shell.ts';
import { span } from '../../../../layers/words/spans.ts';
import { DUMP_PATIENCE_MS } from '../../observe/dump-due.ts';
import { median } from '../../observe/median.ts';
import { LIMITS } from '../../prometheus/limits.ts';
import type { BackupFacts, DatabaseFacts } from './facts.ts';
import type { Finding } from './finding.ts';

/** Fewer say nothing about how often backups come. */
const ENOUGH_GAPS = 3;
const GAPS_LOOKED_AT = 14;

/** Whether the next backup of a configured database should have come, by its schedule or else by the backups themselves. */
export function* latenessFindings(
  database: DatabaseFacts,
  backups: readonly BackupFacts[],
  now: Date,
): Generator<Finding> {
  const [newest] = backups;
  if (newest === undefined || !database.configured) return;
  const { due, waitMs } = database;
  const patienceMs = Math.max(DUMP_PATIENCE_MS, 2 * (database.newest?.durationMs ?? 0));
  const late =
    due?.unansweredAt && due.overdueAt
      ? bySchedule(due.unansweredAt, due.overdueAt, waitMs, now)
      : byRhythm(newest, backups, waitMs + patienceMs, now);
  if (late === undefined) return;
  const hint = `See whether the schedule fires and what the dump function’s log says; npx pgvouch dump --database ${shellWord(database.name)} takes one now.`;
  yield late.isOverdue
    ? { level: 'trouble', short: 'overdue', text: `Overdue: ${late.why}`, hint }
    : { level: 'attention', text: `Late: ${late.why}`, hint };
}

interface Late {
  /** Late is what may still come. */
  readonly isOverdue: boolean;
  readonly why: string;
}

function bySchedule(unansweredAt: Date, overdueAt: Date, waitMs: number, now: Date): Late | undefined {
  if (now.getTime() <= unansweredAt.getTime() + waitMs + DUMP_PATIENCE_MS) return undefined;
  return { isOverdue: now > overdueAt, why: `the run of ${moment(unansweredAt, now)} left no backup.` };
}

/** Longer than usual is late; longer than ever is overdue, for one that comes on working days only is not on a Sunday. */
function byRhythm(
  newest: BackupFacts,
  backups: readonly BackupFacts[],
  patienceMs: number,
  now: Date,
): Late | undefined {
  const fired = backups.slice(0, GAPS_LOOKED_AT + 1).map(({ firedAt }) => firedAt.getTime());
  const gaps = fired.slice(1).map((older, index) => (fired[index] ?? older) - older);
  const ageMs = now.getTime() - newest.firedAt.getTime();
  if (gaps.length < ENOUGH_GAPS) {
    if (ageMs <= LIMITS.backupAgeMs) return undefined;
    return {
      isOverdue: true,
      why: `the newest backup is ${span(ageMs)} old, and there are too few to say how often one comes.`,
    };
  }
  // The lower one of two: a backup is called late too early rather than too late.
  const usualMs = median(gaps, 'lower') ?? 0;
  const longestMs = Math.max(...gaps);
  if (ageMs > longestMs + patienceMs) {
    return {
      isOverdue: true,
      why: `backups came at most ${span(longestMs)} apart, and the newest is ${span(ageMs)} old.`,
    };
  }
  if (ageMs <= Math.max(usualMs + patienceMs, LIMITS.backupAgeMs)) return undefined;
  return { isOverdue: false, why: `backups mostly come ${span(usualMs)} apart, and the newest is ${span(ageMs)} old.` };
}
