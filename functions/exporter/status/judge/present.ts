import type { BackupFacts } from './facts.ts';

/** Clocks differ by seconds, and a page may be as old as a look is fresh. */
const AHEAD_MS = 10 * 60_000;

/** The backups that are not dated in the future: one of next year says nothing about today, and hides nothing. */
export function presentOf(backups: readonly BackupFacts[], now: Date): readonly BackupFacts[] {
  const latest = now.getTime() + AHEAD_MS;
  return backups.filter(({ firedAt, showsAt }) => firedAt.getTime() <= latest && showsAt.getTime() <= latest);
}
