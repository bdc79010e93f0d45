import { isGood, type VerdictName } from '../../../layers/backup/verdict.ts';
import type { BackupFacts, DatabaseFacts, StatusFacts } from './facts.ts';
import { type Finding, findingsOf, newestGood } from './findings.ts';
import { ago } from './words.ts';

/** How a database stands, from calm to alarming; `idle` is one that is not backed up any more, on purpose. */
export const LEVELS = ['good', 'idle', 'attention', 'unknown', 'trouble'] as const;
export type Level = (typeof LEVELS)[number];

export interface Standing {
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
export function standingOf(database: DatabaseFacts, facts: StatusFacts, now: Date): Standing {
  const { backups, configured } = database;
  if (backups === undefined) {
    return { level: 'unknown', headline: 'cannot be told: the bucket does not answer', findings: [] };
  }
  const findings = [...findingsOf(database, backups, facts, now)].sort(
    (a, b) => LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level),
  );
  const headline = headlineOf(backups, now);
  const worst = findings[0]?.level;
  if (!configured) return { level: worst ?? 'idle', headline: `${headline}; not configured any more`, findings };
  return { level: worst ?? (waits(backups) ? 'attention' : 'good'), headline, findings };
}

/** The most alarming of some levels; good if there are none. */
export function worstOf(levels: readonly Level[]): Level {
  return LEVELS.findLast((level) => levels.includes(level)) ?? 'good';
}

/** The sign of one backup: that it goes matters more than how good it is, unless it is bad. */
export function signOf({ verdict, retirement }: BackupFacts): Sign {
  if (verdict !== undefined && !isGood(verdict)) return verdict;
  if (retirement !== undefined) return 'retired';
  return verdict ?? 'waiting';
}

function waits([newest]: readonly BackupFacts[]): boolean {
  return newest !== undefined && newest.verdict === undefined;
}

function headlineOf(backups: readonly BackupFacts[], now: Date): string {
  const [newest] = backups;
  if (newest === undefined) return 'never backed up';
  const when = ago(newest.showsAt, now);
  if (newest.verdict !== undefined && isGood(newest.verdict)) return `${newest.verdict}, ${when}`;
  const good = newestGood(backups);
  const rest =
    good === undefined ? 'no backup was proved yet' : `newest proved one ${good.verdict}, ${ago(good.showsAt, now)}`;
  return newest.verdict === undefined ? `not verified yet, ${when}; ${rest}` : `${newest.verdict}, ${when}; ${rest}`;
}
