import { isGood } from '../../../layers/backup/verdict.ts';
import type { BackupFacts, DatabaseFacts, ScheduleFacts, StatusFacts } from './facts.ts';
import { ago, count, DAY_MS, moment, shorten, span } from './words.ts';

/** Something that a person should know, and what can be done about it. */
export interface Finding {
  /** A note alarms nobody. */
  readonly level: 'note' | 'attention' | 'trouble';
  /** Two or three words for a list, where the newest backup's own state does not tell it. */
  readonly short?: string;
  /** One sentence. */
  readonly text: string;
  /** What was said by whoever found it out, as it was said. */
  readonly detail?: string;
  readonly hint: string | undefined;
}

const HOUR = 3_600_000;
/** As long as verify may take for one backup. */
const VERDICT_PATIENCE_MS = 6 * HOUR;
/** A dump that takes longer than the last one is slow before it is overdue. */
const DUMP_PATIENCE_MS = HOUR;
/** Characters. */
const LONGEST_PROBLEM = 400;
/** Fewer say nothing about how often backups come. */
const ENOUGH_GAPS = 3;
const GAPS_LOOKED_AT = 14;

/** Everything about one database that a person should know, in no order. Pure. */
export function* findingsOf(
  database: DatabaseFacts,
  backups: readonly BackupFacts[],
  { schedule }: StatusFacts,
  now: Date,
): Generator<Finding> {
  const { name, configured, unreadableManifests, massRetirement, overdueRemovals } = database;
  const argument = shellWord(name);
  const [newest] = backups;
  if (newest === undefined) {
    if (configured) yield neverBackedUp(argument, schedule, now);
  } else {
    yield* verdictFindings(newest, backups, argument, now);
    const late = configured ? lateness(newest, backups, database, schedule, now) : undefined;
    const hint = `See whether the schedule fires and what the dump function's log says; npx pgvouch dump --database ${argument} takes one now.`;
    if (late !== undefined) yield { level: 'trouble', short: 'overdue', text: late, hint };
  }
  yield* failureFindings(database, backups, now);
  if (unreadableManifests > 0) {
    const text = `${count(unreadableManifests, 'manifest')} cannot be read: damaged, or written by a newer pgvouch.`;
    yield { level: 'attention', text, hint: 'npx pgvouch list names them; the exporter’s log says why.' };
  }
  if (massRetirement) {
    const text = 'Retention’s last run gave up more than half of the backups.';
    const hint = 'If that was not meant, correct the policy before the grace ends: the next run then takes them back.';
    yield { level: 'attention', text, hint };
  }
  if (overdueRemovals > 0) {
    const text = `${count(overdueRemovals, 'backup')} should have been removed by the bucket’s lifecycle by now.`;
    const hint = 'Look at the bucket’s lifecycle rules; where it knows no tag filters, set RETENTION_REMOVAL=direct.';
    yield { level: 'attention', text, hint };
  }
}

/** The name as a shell takes it, quoted where it must be. */
export function shellWord(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
}

/** The newest backup that was proved, retired or not. */
export function newestGood(backups: readonly BackupFacts[]): BackupFacts | undefined {
  return backups.find(({ verdict }) => verdict !== undefined && isGood(verdict));
}

function neverBackedUp(argument: string, { nextAt }: ScheduleFacts, now: Date): Finding {
  const first = nextAt === undefined ? '' : ` The next run is due ${moment(nextAt, now)}, ${ago(nextAt, now)};`;
  return {
    level: 'trouble',
    text: 'There is no backup of it.',
    hint: `${first} npx pgvouch dump --database ${argument} takes one now.`.trim(),
  };
}

function* verdictFindings(
  newest: BackupFacts,
  backups: readonly BackupFacts[],
  argument: string,
  now: Date,
): Generator<Finding> {
  if (newest.verdict !== undefined && !isGood(newest.verdict)) {
    const why = newest.complete ? newest.reasons.join(' ') : 'Its archive is gone.';
    const restore =
      newestGood(backups) === undefined ? '' : '; npx pgvouch restore takes the newest proved one by itself';
    yield {
      level: 'trouble',
      text: `The newest backup is ${newest.verdict}.`,
      detail: shorten(why, LONGEST_PROBLEM),
      hint: `npx pgvouch dump --database ${argument} takes another one now${restore}.`,
    };
  }
  if (newest.verdict === 'readable') {
    yield {
      level: 'note',
      text: 'The newest backup was read to its last byte, but not restored.',
      detail: shorten(newest.reasons.join(' '), LONGEST_PROBLEM),
      hint: undefined,
    };
  }
  if (newestGood(backups) === undefined && newest.verdict !== undefined) {
    yield { level: 'trouble', text: 'No backup that is left was proved.', hint: undefined };
  }
  const unverified = backups.findLast(({ verdict }) => verdict === undefined);
  const waitsMs = unverified === undefined ? 0 : now.getTime() - unverified.storedAt.getTime();
  if (waitsMs > VERDICT_PATIENCE_MS) {
    yield {
      level: 'trouble',
      short: 'verify is late',
      text: `A backup has waited ${span(waitsMs)} for its verdict.`,
      hint: 'See what the verify function’s log says; npx pgvouch verify --all-unverified verifies now.',
    };
  }
}

/** By the schedule where it is known, else by the rhythm that the backups themselves show. */
function lateness(
  newest: BackupFacts,
  backups: readonly BackupFacts[],
  database: DatabaseFacts,
  { previousAt }: ScheduleFacts,
  now: Date,
): string | undefined {
  const patienceMs = Math.max(DUMP_PATIENCE_MS, 2 * (database.newest?.dumpMs ?? 0));
  if (previousAt !== undefined) {
    const isLate = newest.firedAt < previousAt && now.getTime() - previousAt.getTime() > patienceMs;
    return isLate ? `Overdue: the run of ${moment(previousAt, now)} left no backup.` : undefined;
  }
  const fired = backups.slice(0, GAPS_LOOKED_AT + 1).map(({ firedAt }) => firedAt.getTime());
  const gaps = fired.slice(1).map((older, index) => (fired[index] ?? older) - older);
  if (gaps.length < ENOUGH_GAPS) return undefined;
  // The longest of them: a schedule of working days is not late on a Sunday.
  const longestMs = Math.max(...gaps);
  const ageMs = now.getTime() - newest.firedAt.getTime();
  if (ageMs <= longestMs + patienceMs) return undefined;
  return `Overdue: backups came at most ${span(longestMs)} apart, and the newest is ${span(ageMs)} old.`;
}

function* failureFindings({ failures }: DatabaseFacts, backups: readonly BackupFacts[], now: Date): Generator<Finding> {
  const [newest] = failures.newest;
  if (newest === undefined) return;
  const goodAt = newestGood(backups)?.storedAt;
  const isSettled = goodAt !== undefined && goodAt > newest.at;
  const isOld = now.getTime() - newest.at.getTime() > 30 * DAY_MS;
  // A bad verdict is told already, and verify throws it so that somebody hears of it.
  const isTold = newest.function === 'verify' && backups[0]?.verdict !== undefined && !isGood(backups[0].verdict);
  if (isSettled || isOld || isTold) return;
  yield {
    level: 'trouble',
    short: `${newest.function} failed`,
    text: `${newest.function} failed ${ago(newest.at, now)}.`,
    detail: shorten(newest.problem, LONGEST_PROBLEM),
    hint: newest.hint,
  };
}
