import { isFuture } from '../../../../layers/backup/present.ts';
import { isGood } from '../../../../layers/backup/verdict.ts';
import { moment } from '../../../../layers/words/instants.ts';
import { ago, span } from '../../../../layers/words/spans.ts';
import type { BackupFacts, DatabaseFacts } from './facts.ts';
import type { Finding } from './finding.ts';
import { findingsOf } from './findings.ts';
import { LEVELS, type Level, levelOf } from './level.ts';
import { newestGood } from './verdict-findings.ts';

export interface DatabaseStanding {
  readonly level: Level;
  /** In a few words: `restorable, 6 h ago`. */
  readonly headline: string;
  /** The worst first. */
  readonly findings: readonly Finding[];
  /** Of the backups that are not dated in the future. */
  readonly newest: BackupFacts | undefined;
}

/**
 * How a database stands, in words that promise nothing more than what was proved. Pure.
 *
 * A backup of next year says nothing about today, and hides nothing: how it stands goes by the others.
 *
 * @param now - ages are measured against it
 */
export function judgeDatabase(database: DatabaseFacts, now: Date): DatabaseStanding {
  const { backups, configured } = database;
  if (backups === undefined) {
    const headline = 'unknown: the bucket does not answer';
    return { level: 'unknown', headline, findings: [], newest: undefined };
  }
  const present = backups.filter(({ firedAt, showsAt }) => !isFuture(firedAt, now) && !isFuture(showsAt, now));
  const [newest] = present;
  const rank = ({ level }: Finding) => (level === 'note' ? 0 : LEVELS.indexOf(level));
  const found = findingsOf(database, { all: backups, present }, now);
  const findings = [...found].sort((a, b) => rank(b) - rank(a));
  const headline =
    newest === undefined && backups.length > 0
      ? 'unknown: all backups are dated in the future'
      : headlineOf(present, findings, now);
  const waits = newest !== undefined && newest.verdict === undefined;
  return {
    level: levelOf(findings, waits ? 'attention' : configured ? 'good' : 'idle'),
    headline: configured ? headline : `${headline}; ${whyNotConfigured(database, now)}`,
    findings,
    newest,
  };
}

function whyNotConfigured({ goneSince }: DatabaseFacts, now: Date): string {
  return goneSince ? `gone since ${moment(goneSince, now)}` : 'not configured any more';
}

function headlineOf(backups: readonly BackupFacts[], findings: readonly Finding[], now: Date): string {
  const [newest] = backups;
  if (newest === undefined) return 'never backed up';
  const { verdict, showsAt } = newest;
  const short = findings.find((finding) => finding.level === 'trouble')?.short;
  const state = `${verdict ?? 'not verified yet'}, ${ago(showsAt, now)}`;
  if (verdict !== undefined && isGood(verdict)) {
    const proof = verdict === 'readable' ? `; ${restoredWords(backups, now)}` : '';
    return short === undefined ? `${state}${proof}` : `${short}; newest ${state}${proof}`;
  }
  const good = newestGood(backups);
  const rest = good
    ? `the last good one is ${span(now.getTime() - good.showsAt.getTime())} old`
    : 'none was proved yet';
  return `${verdict === undefined && short !== undefined ? `${short}: ` : ''}${state}; ${rest}`;
}

/** That bytes can be read is not that they come back. */
function restoredWords(backups: readonly BackupFacts[], now: Date): string {
  const restored = backups.find(({ verdict }) => verdict === 'restorable');
  if (restored === undefined) return 'none was restored yet';
  return `the last restored one is ${span(now.getTime() - restored.showsAt.getTime())} old`;
}
