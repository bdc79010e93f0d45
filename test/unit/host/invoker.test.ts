import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseFunctionFailed } from '../../../events/function-failed.ts';
import { parseFunctionSucceeded } from '../../../events/function-succeeded.ts';
import {
  type FailedTry,
  type Invocation,
  type Invoker,
  type Outcome,
  openInvoker,
} from '../../../events/host/invoker.ts';

const failed: Outcome = {
  failure: { errorType: 'DumpError', errorMessage: 'dump "shop": it broke\nHint: mend it', trace: [] },
};
const runs: Invocation[] = [];
let outcomes: (Outcome | 'hang')[];
let invoker: Invoker;
let tries: FailedTry[];
let lost: FailedTry[];

beforeEach(() => {
  runs.length = 0;
  outcomes = [];
  tries = [];
  lost = [];
  invoker = openInvoker({
    functions: new Map([
      ['dump', { name: 'pgvouch-prod-dump', maximumRetryAttempts: 2, onFailure: 'notify' }],
      ['verify', { name: 'pgvouch-prod-verify', maximumRetryAttempts: 0, onFailure: 'notify', onSuccess: 'notify' }],
      ['notify', { name: 'pgvouch-prod-notify', maximumRetryAttempts: 1, onFailure: undefined }],
    ]),
    async run(invocation) {
      runs.push(invocation);
      const outcome = outcomes.shift() ?? { answer: null };
      if (outcome !== 'hang') return outcome;
      await new Promise((resolve) => invocation.signal.addEventListener('abort', resolve));
      return failed;
    },
    retryDelaysMs: [0, 1],
    onFailedTry: (one) => tries.push(one),
    onLost: (one) => lost.push(one),
  });
});

afterEach(() => invoker.close(0));

test('a success is invoked once, by its full name', async () => {
  await invoker.invoke('dump', { database: 'shop' });

  expect(runs).toMatchObject([{ key: 'dump', name: 'pgvouch-prod-dump', event: { database: 'shop' } }]);
  expect(tries).toEqual([]);
});

test('a failure is tried again as another request, and the next success ends it', async () => {
  outcomes = [failed];

  await invoker.invoke('dump', {});

  expect(new Set(runs.map(({ requestId }) => requestId)).size).toBe(2);
  expect(tries).toMatchObject([
    {
      function: 'dump',
      attempt: 1,
      willRetryInMs: 0,
      failure: { errorType: 'DumpError', errorMessage: expect.stringContaining('it broke') },
    },
  ]);
});

test('after the last try the destination gets a record that notify reads', async () => {
  outcomes = [failed, failed, failed];

  await invoker.invoke('dump', { time: '2026-11-22T02:00:00Z' });

  expect(tries.map(({ attempt, willRetryInMs }) => [attempt, willRetryInMs])).toEqual([
    [1, 0],
    [2, 1],
    [3, undefined],
  ]);
  expect(runs.map(({ key }) => key)).toEqual(['dump', 'dump', 'dump', 'notify']);
  expect(parseFunctionFailed(runs.at(-1)?.event)).toMatchObject({
    ...{ function: 'dump', attempts: 3, condition: 'RetriesExhausted' },
    error: { type: 'DumpError', problem: 'dump "shop": it broke', hint: 'mend it' },
    request: { time: '2026-11-22T02:00:00Z' },
  });
  expect(lost).toEqual([]);
});

test('a success gets to its destination too, and nobody waits for that', async () => {
  outcomes = [{ answer: [{ database: 'shop' }] }, 'hang'];

  await invoker.invoke('verify', { time: '2026-11-22T02:00:00Z' });

  expect(runs[1]?.key).toBe('notify');
  expect(parseFunctionSucceeded(runs[1]?.event)).toMatchObject({
    ...{ function: 'verify', request: { time: '2026-11-22T02:00:00Z' }, response: [{ database: 'shop' }] },
  });
});

test('a success without an answer is one', async () => {
  await invoker.invoke('verify', {});
  expect(parseFunctionSucceeded(runs[1]?.event)).toMatchObject({ function: 'verify', response: null });
});

test('a destination that fails too is tried again, and then reported as lost', async () => {
  outcomes = Array.from({ length: 5 }, () => failed);

  await invoker.invoke('dump', {});

  expect(runs).toHaveLength(5);
  expect(lost).toMatchObject([{ function: 'notify', attempt: 2 }]);
});

test('closing waits for what is under way, and tries nothing again', async () => {
  outcomes = [failed];
  const invoked = invoker.invoke('dump', {});
  await invoker.close(60_000);
  await invoked;
  expect(tries).toEqual([]);
  expect(runs.length).toBeLessThanOrEqual(1);
});

test('closing breaks off what does not end', async () => {
  outcomes = ['hang'];
  const invoked = invoker.invoke('dump', {});
  await vi.waitFor(() => expect(runs).toHaveLength(1), { timeout: 30_000 });

  await invoker.close(10);

  await invoked;
  expect(tries).toEqual([]);
});
