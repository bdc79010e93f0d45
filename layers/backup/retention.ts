import { PolicyError } from './errors.ts';
import type { BackupName } from './keys.ts';
import { isFuture } from './present.ts';
import { claimWithin, type RetentionPolicy, rulesOf } from './retention-rules.ts';
import { isBad, isGood, type VerdictName } from './verdict.ts';

/** What the policy must know of a backup. */
export interface RetentionCandidate extends BackupName {
  /** The instant that the data shows: age goes by it. */
  readonly snapshotAt: Date;
  readonly verdict: VerdictName | undefined;
  /** Whether a person pinned it (`kept.json`). */
  readonly kept: boolean;
}

export interface RetentionDecision<B> {
  readonly backup: B;
  /** Never empty. */
  readonly reasons: readonly string[];
}

/** Every backup once, newest first. */
export interface RetentionPlan<B> {
  readonly keep: readonly RetentionDecision<B>[];
  readonly retire: readonly RetentionDecision<B>[];
}

/**
 * Decides what retention may retire. Pure: `now` is given, nothing is read.
 *
 * A backup is kept while anything claims it. The newest restorable one (failing that the newest good one) always is: no
 * policy may give up the last proof that we can recover. One without a verdict is kept, because nobody knows yet.
 *
 * The rules run over the restorable backups and over all good ones, and either claim keeps: unproved ones never push out
 * a proved one, and a proved one takes one place among the good and no more. Those that are only intact have a turn of
 * their own, in which good ones take places too: they push out nothing but each other. Bad ones satisfy no rule; once a newer good
 * one is there they go by age, counted from the newest good one, or at once where no rule goes by age.
 *
 * Nothing counts from `now`: a clock that runs ahead loses nothing, and nothing more is retired when good backups stop
 * being made, whether none comes any more or only bad ones do. A backup that claims to be from the future is kept and
 * takes no place, because one wrong date must not push out right ones. One that is ahead by no more than clocks differ is
 * kept too, and takes its place once its instant has come: the next run is soon enough.
 *
 * @param backups - one database's catalog, in any order
 * @returns every backup once, in `keep` or in `retire`, each with its reasons
 * @throws {@link PolicyError} if the policy keeps nothing: a mistake, not an order
 * @see restic's ApplyPolicy, the source of keep / remove / reasons, of the rules and of their `oldest`
 */
export function planRetention<B extends RetentionCandidate>(
  backups: readonly B[],
  policy: RetentionPolicy,
  now: Date,
): RetentionPlan<B> {
  checkPolicy(policy);
  const newestFirst = [...backups].sort(
    (a, b) => b.snapshotAt.getTime() - a.snapshotAt.getTime() || b.firedAt.getTime() - a.firedAt.getTime(),
  );
  const claims = new Map<B, string[]>(newestFirst.map((backup) => [backup, []]));
  const claim = (backup: B | undefined, reason: string) => backup && claims.get(backup)?.push(reason);

  const newestProved = newestFirst.find(isRestorable);
  const newestGood = newestProved ?? newestFirst.find(isGoodBackup);
  claim(
    newestGood ?? newestFirst.find(isIntact),
    newestProved ? 'newest restorable' : newestGood ? 'newest good' : 'newest intact',
  );
  for (const backup of newestFirst) {
    if (backup.verdict === undefined) claim(backup, 'no verdict yet');
    if (backup.kept) claim(backup, 'kept by hand');
    if (isFuture(backup.snapshotAt, now)) claim(backup, 'dated in the future');
    else if (backup.snapshotAt > now) claim(backup, 'ahead of this clock');
  }

  const past = newestFirst.filter(({ snapshotAt }) => snapshotAt <= now);
  const good = past.filter(isGoodBackup);
  const restorable = good.filter(isRestorable);
  const whole = past.filter((backup) => isGoodBackup(backup) || isIntact(backup));
  const rules = rulesOf(policy);
  for (const rule of rules) {
    const inGood = rule.claim(good);
    const inRestorable = rule.claim(restorable);
    for (const [backup, reason] of inGood) claim(backup, reason);
    for (const [backup, reason] of inRestorable) if (!inGood.has(backup)) claim(backup, `${reason} restorable`);
    for (const [backup, reason] of rule.claim(whole)) if (isIntact(backup)) claim(backup, `${reason} intact`);
  }
  // What calls every backup bad may itself be broken, and then these are the newest data that there is.
  for (const backup of past.slice(0, good[0] ? past.indexOf(good[0]) : past.length)) {
    if (backup.verdict !== undefined && isBad(backup.verdict))
      claim(backup, good.length > 0 ? 'newer than every good backup' : 'no backup is good');
  }
  const others = past.filter((backup) => !whole.includes(backup));
  const from = (good[0] ?? others[0])?.snapshotAt;
  for (const [backup, reason] of claimWithin(others, policy.keepDays ?? 0, from)) claim(backup, reason);

  const refusals = rules.map(({ refusal }) => refusal);
  return {
    keep: decisions(newestFirst, (backup) => claims.get(backup) ?? []),
    retire: decisions(newestFirst, (backup) => (claims.get(backup)?.length === 0 ? refusals : [])),
  };
}

/** @throws {@link PolicyError} if the policy would let everything go that no safeguard holds */
export function checkPolicy(policy: RetentionPolicy): void {
  if (rulesOf(policy).length > 0) return;
  throw new PolicyError({
    operation: 'plan retention',
    problem: 'the policy keeps nothing',
    hint: 'set RETENTION_DAYS, or one of the KEEP_ rules, to 1 or more',
  });
}

function isGoodBackup({ verdict }: RetentionCandidate): boolean {
  return verdict !== undefined && isGood(verdict);
}

/** Sealed and whole, and nobody has opened it. */
function isIntact({ verdict }: RetentionCandidate): boolean {
  return verdict === 'intact';
}

function isRestorable({ verdict }: RetentionCandidate): boolean {
  return verdict === 'restorable';
}

function decisions<B>(backups: readonly B[], reasonsOf: (backup: B) => readonly string[]): RetentionDecision<B>[] {
  return backups.map((backup) => ({ backup, reasons: reasonsOf(backup) })).filter(({ reasons }) => reasons.length > 0);
}
