import { expect, test } from 'vitest';
import { hadWholeTime, outOfTime } from '../../../functions/verify/time-up.ts';

const at = (seconds: number) => new Date(seconds * 1000);
const had = (startedAt: number, waited = 0) => ({
  ...{ runStartedAt: at(0), startedAt: at(startedAt), waitedMs: waited * 1000 },
});

test.each([
  { startedAt: 0, waited: 0, whole: true },
  { startedAt: 50, waited: 0, whole: true },
  { startedAt: 200, waited: 0, whole: false },
  { startedAt: 0, waited: 200, whole: false },
  { startedAt: 60, waited: 60, whole: false },
])('begun after $startedAt s of 900, $waited s waited: the whole time? $whole', ({ startedAt, waited, whole }) => {
  expect(hadWholeTime(had(startedAt, waited), at(900))).toBe(whole);
});

test('out of its whole time is a finding, out of a part of it is none', () => {
  const signal = AbortSignal.abort(new DOMException('time is up', 'TimeoutError'));
  expect(outOfTime(signal, had(0), at(900))).toMatch(/^The function ran out of time/);
  expect(() => outOfTime(signal, had(450), at(900))).toThrow(
    /^try a restore: time ran out, and other backups had used/,
  );
});

test('stopped by hand is no finding', () => {
  const stopped = new Error('stopped by hand');
  expect(() => outOfTime(AbortSignal.abort(stopped), had(0), at(900))).toThrow(stopped);
});
