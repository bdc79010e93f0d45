import { expect, test } from 'vitest';
import { refuseImpossible, timeUsedRatio } from '../../../layers/backup/dump-limits.ts';

const lambda = { remainingMs: 890_000, usedMs: () => 0, signal: new AbortController().signal, clear: () => {} };

test('a table of nine terabytes cannot be read in 15 minutes, one of eight perhaps', () => {
  expect(() => refuseImpossible('shop', 8e12, lambda)).not.toThrow();
  expect(() => refuseImpossible('shop', 9e12, lambda)).toThrow(
    'dump "shop": its tables hold 9000 GB, and no server reads that much in the 890 s available; nothing was dumped\nHint: give it more time with DUMP_TIMEOUT; Lambda allows 900 s at most',
  );
});

test('an empty database can be dumped in no time', () => {
  expect(() => refuseImpossible('shop', 0, { ...lambda, remainingMs: 0 })).not.toThrow();
});

test.each([
  [{ usedMs: 623_000, limitMs: 890_000 }, 0.7],
  [{ usedMs: 0, limitMs: 890_000 }, 0],
  [{ usedMs: 3, limitMs: 0 }, 1],
])('of %o the ratio is %d', (time, ratio) => {
  expect(timeUsedRatio(time)).toBeCloseTo(ratio);
});
