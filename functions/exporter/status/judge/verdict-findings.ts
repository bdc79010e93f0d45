import { isGood } from '../../../../layers/backup/verdict.ts';
import { count } from '../../../../layers/words/counts.ts';
import { day } from '../../../../layers/words/instants.ts';
import { shellWord } from '../../../../layers/words/shell.ts';
import { span } from '../../../../layers/words/spans.ts';
import { shorten } from '../../../../layers/words/texts.ts';
import { LIMITS } from '../../prometheus/limits.ts';
import type { BackupFacts, DatabaseFacts } from './facts.ts';
import type { Finding } from './finding.ts';
import { presentOf } from './present.ts';

/** Characters. */
const LONGEST_REASON = 400;
/** So many days of bad backups are named. */
const NAMED = 5;

/** The newest backup that was proved, retired or not. */
export function newestGood(backups: readonly BackupFacts[]): BackupFacts | undefined {
  return backups.find(({ verdict }) => verdict !== undefined && isGood(verdict));
}

export function isBad({ verdict }: BackupFacts): boolean {
  return verdict !== undefined && !isGood(verdict);
}

/** What the verdicts say, or that they are late. */
export function* verdictFindings(database: DatabaseFacts, all: readonly BackupFacts[], now: Date): Generator<Finding> {
  const backups = presentOf(all, now);
  const [newest] = backups;
  if (newest !== undefined) yield* newestFindings(database, newest, backups);
  yield* badFindings(
    database,
    all.filter((backup) => backup !== newest && isBad(backup) && backup.retirement === undefined),
    now,
  );
  const waiting = all.filter(({ verdict }) => verdict === undefined).map(({ storedAt }) => storedAt.getTime());
  const waitsMs = waiting.reduce((longest, at) => Math.max(longest, now.getTime() - at), 0);
  if (waitsMs > LIMITS.unprovedAgeMs) {
    yield {
      level: 'trouble',
      short: 'verify is late',
      text: `A backup has waited ${span(waitsMs)} for its verdict.`,
      hint: 'See what the verify function’s log says; npx pgvouch verify --all-unverified verifies now.',
    };
  }
  if (database.configured) yield* restoreFindings(database, backups, now);
}

function* newestFindings(
  { name }: DatabaseFacts,
  newest: BackupFacts,
  backups: readonly BackupFacts[],
): Generator<Finding> {
  if (isBad(newest)) {
    const why = newest.complete ? newest.reasons.join(' ') : 'Its archive is gone.';
    const restore =
      newestGood(backups) === undefined ? '' : '; npx pgvouch restore takes the newest proved one by itself';
    yield {
      level: 'trouble',
      text: `The newest backup is ${newest.verdict}.`,
      detail: shorten(why, LONGEST_REASON),
      hint: `npx pgvouch dump --database ${shellWord(name)} takes another one now${restore}.`,
    };
  }
  if (newest.verdict === 'readable') {
    yield {
      level: 'note',
      text: 'The newest backup was read to its last byte, but not restored.',
      detail: shorten(newest.reasons.join(' '), LONGEST_REASON),
      hint: undefined,
    };
  }
  if (newestGood(backups) === undefined && newest.verdict !== undefined) {
    yield { level: 'trouble', text: 'No backup that is left was proved.', hint: undefined };
  }
}

/** Bad ones that retention has not let go: whoever looks for a date may take one of them. */
function* badFindings({ name }: DatabaseFacts, bad: readonly BackupFacts[], now: Date): Generator<Finding> {
  if (bad.length === 0) return;
  const verdicts = [...new Set(bad.map(({ verdict }) => verdict))].join(' or ');
  const days = [...new Set(bad.map(({ showsAt }) => day(showsAt, now)))];
  const more = days.length > NAMED ? ` and ${count(days.length - NAMED, 'more day')}` : '';
  yield {
    level: 'trouble',
    short: `${bad.length.toLocaleString('en-US')} ${verdicts}`,
    text: `${count(bad.length, 'other backup')} ${bad.length === 1 ? 'is' : 'are'} ${verdicts}.`,
    detail: `${bad.length === 1 ? 'That' : 'Those'} of ${days.slice(0, NAMED).join(', ')}${more}.`,
    hint: `npx pgvouch list --database ${shellWord(name)} has them all; docs/runbook.md, section BackupCorrupt, says what to do.`,
  };
}

/** That bytes can be read is not that they come back. */
function* restoreFindings({ name }: DatabaseFacts, backups: readonly BackupFacts[], now: Date): Generator<Finding> {
  const restored = backups.find(({ verdict }) => verdict === 'restorable');
  const ageMs = now.getTime() - (restored?.showsAt.getTime() ?? Number.NaN);
  const isLong = backups.some(({ storedAt }) => now.getTime() - storedAt.getTime() > LIMITS.unprovedAgeMs);
  const hint = `npx pgvouch verify latest --database ${shellWord(name)} tries a restore now; docs/runbook.md, section RestoreDrillStale, says what it wants.`;
  if (ageMs > LIMITS.restorableAgeMs) {
    yield { level: 'attention', text: `The last backup that was restored on trial is ${span(ageMs)} old.`, hint };
  }
  if (restored === undefined && isLong && newestGood(backups) !== undefined) {
    yield { level: 'attention', text: 'No backup that is left was restored on trial.', hint };
  }
}
