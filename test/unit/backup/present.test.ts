import { expect, test } from 'vitest';
import { CLOCK_TOLERANCE_MS, isFuture } from '../../../layers/backup/present.ts';
import { planRetention } from '../../../layers/backup/retention.ts';

const now = new Date('2026-11-22T03:00:00Z');
const after = (ms: number) => new Date(now.getTime() + ms);

test('the future begins where clocks no longer differ', () => {
  expect([-1, 0, CLOCK_TOLERANCE_MS].map((ms) => isFuture(after(ms), now))).toEqual([false, false, false]);
  expect(isFuture(after(CLOCK_TOLERANCE_MS + 1), now)).toBe(true);
});

test('retention keeps what is a little ahead, proved or not, and lets it push out no proved one', () => {
  const backup = (ms: number) => ({
    ...{ database: 'shop', firedAt: after(ms), snapshotAt: after(ms) },
    ...{ verdict: 'restorable' as const, kept: false },
  });
  const reasonsOf = (...ms: number[]) => {
    const { keep, retire } = planRetention(ms.map(backup), { keepLast: 1 }, now);
    return [...keep, ...retire].map(({ reasons }) => reasons);
  };
  const old = -86_400_000;
  expect(reasonsOf(CLOCK_TOLERANCE_MS, old)).toEqual([['newest restorable', 'ahead of this clock'], ['last 1']]);
  expect(reasonsOf(CLOCK_TOLERANCE_MS + 1, old)).toEqual([['newest restorable', 'dated in the future'], ['last 1']]);
  expect(reasonsOf(0, old)).toEqual([['newest restorable', 'last 1'], ['not among the last 1']]);
});
