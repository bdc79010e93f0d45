import { isGood, type VerdictName } from '../../../../layers/backup/verdict.ts';
import { ago, span } from '../../../../layers/words/spans.ts';
import type { BackupFacts, DatabaseFacts, StatusFacts } from './facts.ts';
import type { Finding } from './finding.ts';
import { findingsOf } from './findings.ts';
import { presentOf } from './present.ts';
import { isBad, newestGood } from './verdict-findings.ts';

/** How a database stands, from calm to alarming; `idle` is one that is not backed up any more, on purpose. */
export const LEVELS = ['good', 'idle', 'attention', 'unknown', 'trouble'] as const;
export type Level = (typeof LEVELS)[number];

export interface DatabaseStanding {
  readonly level: Level;
  /** In a few words: `restorable, 6 h ago`. */
  readonly headline: string;
  /** The worst first. */
  readonly findings: readonly Finding[];
}

/** What the sign beside a backup shows. */
export type Sign = VerdictName | 'waiting' | 'retired';

/**
 * How a database stands, in words that promise nothing more than what was proved. Pure.
 *
 * @param now - ages are told against it
 */
export function judgeDatabase(database: DatabaseFacts, facts: StatusFacts, now: Date): DatabaseStanding {
  const { backups, configured } = database;
  if (backups === undefined) {
    return { level: 'unknown', headline: 'cannot be told: the bucket does not answer', findings: [] };
  }
  const rank = ({ level }: Finding) => (level === 'note' ? 0 : LEVELS.indexOf(level));
  const findings = [...findingsOf(database, backups, facts, now)].sort((a, b) => rank(b) - rank(a));
  const present = presentOf(backups, now);
  const headline =
    present.length === 0 && backups.length > 0
      ? 'cannot be told: all backups are dated in the future'
      : headlineOf(present, findings, now);
  const level = levelOf(findings, waits(present) ? 'attention' : configured ? 'good' : 'idle');
  return { level, headline: configured ? headline : `${headline}; not configured any more`, findings };
}

/** The worst of what was found, where it is worse than how it stands otherwise. */
export function levelOf(findings: readonly Finding[], otherwise: Level): Level {
  return worstOf([otherwise, ...findings.flatMap(({ level }) => (level === 'note' ? [] : [level]))]);
}

/** The most alarming of some levels; good if there are none. */
export function worstOf(levels: readonly Level[]): Level {
  return LEVELS.findLast((level) => levels.includes(level)) ?? 'good';
}

/** The sign of one backup: that it goes matters more than how good it is, unless it is bad. */
export function signOf(backup: BackupFacts): Sign {
  const { verdict, retirement } = backup;
  if (verdict !== undefined && isBad(backup) && !isBeingRemoved(backup)) return verdict;
  if (retirement !== undefined) return 'retired';
  return verdict ?? 'waiting';
}

/** The lifecycle removes in any order: that the archive of one that goes is gone is no fault. A mark not read may say so. */
function isBeingRemoved({ complete, retirement }: BackupFacts): boolean {
  return !complete && retirement !== undefined && (retirement.going || retirement.removeAfter === undefined);
}

function waits([newest]: readonly BackupFacts[]): boolean {
  return newest !== undefined && newest.verdict === undefined;
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
