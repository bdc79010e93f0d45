import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startDeadline } from '../../../layers/deadline/deadline.ts';

const left = (ms: number) => ({ getRemainingTimeInMillis: () => ms });

test.each([
  { leftMs: 900_000, limitMs: undefined, remainingMs: 890_000 },
  { leftMs: 900_000, limitMs: 60_000, remainingMs: 50_000 },
  { leftMs: 30_000, limitMs: 900_000, remainingMs: 24_000 },
  { leftMs: 1_000, limitMs: undefined, remainingMs: 800 },
  { leftMs: 0, limitMs: undefined, remainingMs: 0 },
  { leftMs: -5, limitMs: undefined, remainingMs: 0 },
])('of $leftMs ms and a limit of $limitMs, $remainingMs ms are used', ({ leftMs, limitMs, remainingMs }) => {
  const deadline = startDeadline(left(leftMs), 'dump "shop"', limitMs);
  expect(deadline.remainingMs).toBe(remainingMs);
  expect(deadline.signal.aborted).toBe(false);
  deadline.clear();
});

test('it aborts with an error that says what was stopped and what to do', async () => {
  const { signal } = startDeadline(left(100), 'dump "shop"');
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  expect(signal.reason).toMatchObject({
    name: 'ConfigError',
    operation: 'dump "shop"',
    hint: expect.stringContaining('DUMP_TIMEOUT'),
  });
});

test('cleared, it aborts nothing', async () => {
  const deadline = startDeadline(left(10), 'dump "shop"');
  const later = startDeadline(left(100), 'wait');
  deadline.clear();
  await new Promise((resolve) => later.signal.addEventListener('abort', resolve));
  await pause(0);
  expect(deadline.signal.aborted).toBe(false);
});

test('it aborts when whoever runs it ends, if that is said', () => {
  const ending = new AbortController();
  const deadline = startDeadline({ ...left(900_000), signal: ending.signal }, 'dump "shop"');
  expect(deadline.signal.aborted).toBe(false);
  ending.abort();
  expect(deadline.signal.reason).toMatchObject({
    name: 'Stopped', // a verify would take a ConfigError for its time being up
    message: expect.stringContaining('pgvouch is ending'),
  });
  expect(startDeadline({ ...left(900_000), signal: ending.signal }, 'wait').signal.aborted).toBe(true);
});
