import { expect, test } from 'vitest';
import { planRetention, type RetentionCandidate } from '../../../layers/backup/retention.ts';
import type { RetentionPolicy } from '../../../layers/backup/retention-rules.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const now = new Date('2026-11-22T03:00:00Z');

function backup(ageDays: number, verdict: RetentionCandidate['verdict']): RetentionCandidate {
  const snapshotAt = new Date(now.getTime() - ageDays * DAY_MS);
  return { database: 'shop', firedAt: snapshotAt, snapshotAt, verdict, kept: false };
}

function kept(backups: readonly RetentionCandidate[], policy: RetentionPolicy) {
  return planRetention(backups, policy, now).keep.map(({ backup: one, reasons }) => [
    (now.getTime() - one.snapshotAt.getTime()) / DAY_MS,
    ...reasons,
  ]);
}

test('backups that nobody can open go by the rules, among themselves', () => {
  const backups = [0, 1, 2, 3].map((days) => backup(days, 'intact'));
  expect(kept(backups, { keepLast: 2 })).toEqual([
    [0, 'newest intact', 'last 2 intact'],
    [1, 'last 2 intact'],
  ]);
});

test('they push out no proved one, however many there are', () => {
  const intact = [0, 1, 2].map((days) => backup(days, 'intact'));
  const proved = [backup(40, 'restorable'), backup(41, 'readable'), backup(42, 'restorable')];
  expect(kept([...intact, ...proved], { keepLast: 2 })).toEqual([
    [0, 'last 2 intact'],
    [1, 'last 2 intact'],
    [40, 'newest restorable', 'last 2'],
    [41, 'last 2'],
    [42, 'last 2 restorable'],
  ]);
  expect(kept([...intact, ...proved], { keepDays: 30 }).map(([days]) => days)).toEqual([0, 1, 2, 40, 41, 42]);
});

test('proved ones take places among them: an old one that nobody can open goes', () => {
  const backups = [backup(0, 'restorable'), backup(1, 'restorable'), backup(2, 'intact')];
  expect(kept(backups, { keepLast: 2 }).map(([days]) => days)).toEqual([0, 1]);
});
