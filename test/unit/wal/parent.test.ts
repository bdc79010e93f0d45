import { expect, test } from 'vitest';
import { chooseParent } from '../../../layers/wal/parent.ts';
import { type BaseFacts, baseOf } from '../../support/world/stored-bases.ts';

const day = (number: number) => new Date(Date.UTC(2026, 10, number, 1, 30));
const base = (number: number, facts: Partial<BaseFacts> = {}) =>
  baseOf({
    startedAt: day(number),
    startLsn: BigInt(number) << 24n,
    stopLsn: (BigInt(number) << 24n) + 256n,
    ...facts,
  });

const chosen = (bases: ReturnType<typeof base>[], timeline = 1) => {
  const choice = chooseParent(bases, timeline, day(10));
  return 'parent' in choice ? choice.parent.startedAt.getUTCDate() : choice.why;
};

test('the newest, be it full or an increment, whatever order they are listed in', () => {
  expect(chosen([base(3, { parent: day(1) }), base(1), base(2, { parent: day(1) })])).toBe(3);
  expect(chosen([base(1), base(2, { verdict: 'restorable' })])).toBe(2);
});

test('one that was found bad or is retired is passed over, and so is one that stands on it, or on one that is missing', () => {
  expect(chosen([base(1), base(2, { verdict: 'unrestorable' })])).toBe(1);
  expect(chosen([base(1), base(2, { verdict: 'corrupt' }), base(3, { parent: day(2) })])).toBe(1);
  expect(chosen([base(3, { parent: day(2) })])).toContain('was found bad or retired, or stands on such a one');
  expect(chosen([base(1), base(2, { retired: true })])).toBe(1);
});

test('none of the future, none of another timeline, and none where there is none', () => {
  expect(chosen([base(1), base(10), base(11)])).toBe(1);
  expect(chosen([base(1, { timeline: 1 })], 2)).toContain("not of the server's timeline, 2");
  expect(chosen([])).toBe('there is none before it');
});
