import { obstaclesOf } from '../../../../layers/backup/unproved.ts';
import { isBad as isBadVerdict, isGood } from '../../../../layers/backup/verdict.ts';
import { count, figure } from '../../../../layers/words/counts.ts';
import { drillStandWords } from '../../../../layers/words/drill-stand.ts';
import { shellWord } from '../../../../layers/words/shell.ts';
import { span } from '../../../../layers/words/spans.ts';
import { LIMITS } from '../../prometheus/limits.ts';
import type { BackupFacts, DatabaseFacts, JudgedBackups } from './facts.ts';
import type { Finding } from './finding.ts';
import { namedDays } from './named-days.ts';

/** The newest backup that was proved, retired or not. */
export function newestGood(backups: readonly BackupFacts[]): BackupFacts | undefined {
  return backups.find(({ verdict }) => verdict !== undefined && isGood(verdict));
}

export function isBad({ verdict }: BackupFacts): boolean {
  return verdict !== undefined && isBadVerdict(verdict);
}

/** What the verdicts say, or that they are late. */
export function* verdictFindings(
  database: DatabaseFacts,
  { all, present }: JudgedBackups,
  now: Date,
): Generator<Finding> {
  const [newest] = present;
  if (newest !== undefined) yield* newestFindings(database, newest, present);
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
  if (database.configured) yield* restoreFindings(database, present, now);
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
      detail: why,
      hint: `npx pgvouch dump --database ${shellWord(name)} takes another one now${restore}.`,
    };
  }
  if (newest.verdict === 'readable') {
    yield {
      level: 'note',
      text: 'The newest backup was read to its last byte, but not restored.',
      detail: newest.reasons.join(' '),
      hint: adviceOn(newest),
    };
  }
  if (newest.verdict === 'intact') {
    yield {
      level: 'attention',
      text: 'The newest backup is as it was stored, but nobody could open it.',
      detail: newest.reasons.join(' '),
      hint: 'Give verify the identity (BACKUP_AGE_IDENTITY_SECRET or _FILE): docs/encryption.md.',
    };
  }
  if (newest.drill !== undefined) {
    yield {
      level: 'note',
      text: 'A drill in pieces of the newest backup is under way.',
      detail: `${drillStandWords(newest.drill)}.`,
      hint: `The next run of verify goes on; npx pgvouch verify latest --database ${shellWord(name)} goes on now.`,
    };
  }
  if (newestGood(backups) === undefined && newest.verdict !== undefined && newest.verdict !== 'intact') {
    yield { level: 'trouble', text: 'No backup that is left was proved.', hint: undefined };
  }
}

/** What would have it proved. */
function adviceOn({ reasons }: BackupFacts): string {
  return obstaclesOf({ verdict: 'readable', reasons })
    .map(({ advice }) => advice)
    .join(' ');
}

/** Bad ones that retention has not let go: whoever looks for a date may take one of them. */
function* badFindings({ name }: DatabaseFacts, bad: readonly BackupFacts[], now: Date): Generator<Finding> {
  if (bad.length === 0) return;
  const verdicts = [...new Set(bad.map(({ verdict }) => verdict))].join(' or ');
  const days = bad.map(({ showsAt }) => showsAt);
  yield {
    level: 'trouble',
    short: `${figure(bad.length)} ${verdicts}`,
    text: `${count(bad.length, 'other backup')} ${bad.length === 1 ? 'is' : 'are'} ${verdicts}.`,
    detail: `${bad.length === 1 ? 'That' : 'Those'} of ${namedDays(days, now)}.`,
    hint: `npx pgvouch list --database ${shellWord(name)} has them all; docs/runbook.md, section BackupCorrupt, says what to do.`,
  };
}

/** That bytes can be read is not that they come back. */
function* restoreFindings({ name }: DatabaseFacts, backups: readonly BackupFacts[], now: Date): Generator<Finding> {
  const restored = backups.find(({ verdict }) => verdict === 'restorable');
  const ageMs = now.getTime() - (restored?.showsAt.getTime() ?? Number.NaN);
  const isLong = backups.some(({ storedAt }) => now.getTime() - storedAt.getTime() > LIMITS.unprovedAgeMs);
  const hint = `npx pgvouch verify latest --database ${shellWord(name)} tries a restore now; docs/runbook.md, section RestoreDrillStale, says what it needs.`;
  if (ageMs > LIMITS.restorableAgeMs) {
    yield { level: 'attention', text: `The last backup that was restored on trial is ${span(ageMs)} old.`, hint };
  }
  if (restored === undefined && isLong && newestGood(backups) !== undefined) {
    yield { level: 'attention', text: 'No backup that is left was restored on trial.', hint };
  }
}
