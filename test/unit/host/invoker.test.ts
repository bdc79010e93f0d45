import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseFunctionFailed } from '../../../events/function-failed.ts';
import { parseFunctionSucceeded } from '../../../events/function-succeeded.ts';
import {
  type FailedTry,
  type HostedFunction,
  type Invocation,
  type Invoker,
  type Outcome,
  openInvoker,
} from '../../../events/host/invoker.ts';
import type { Accepted, Journal } from '../../../events/host/journal.ts';

const failed: Outcome = {
  failure: { errorType: 'DumpError', errorMessage: 'dump "shop": it broke\nHint: mend it', trace: [] },
};
const runs: Invocation[] = [];
let outcomes: (Outcome | Promise<Outcome> | 'hang')[];
let invoker: Invoker;
let tries: FailedTry[];
let lost: FailedTry[];
let journal: ReturnType<typeof watchedJournal>;

beforeEach(() => {
  runs.length = 0;
  outcomes = [];
  tries = [];
  lost = [];
  journal = watchedJournal();
  invoker = openInvoker({
    journal,
    functions: new Map<string, HostedFunction>([
      ['dump', { name: 'pgvouch-prod-dump', maximumRetryAttempts: 2, onFailure: 'notify' }],
      [
        'verify',
        { name: 'pgvouch-prod-verify', maximumRetryAttempts: 0, onFailure: 'notify', onSuccess: 'notify', atOnce: 1 },
      ],
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

test('so many at once run, the others in turn', async () => {
  outcomes = ['hang', 'hang'];
  for (const time of ['1', '2', '3']) void invoker.invoke('verify', { time });
  await vi.waitFor(() => expect(runs).toHaveLength(1), { timeout: 30_000 });
  void invoker.invoke('dump', {});
  await vi.waitFor(() => expect(runs).toHaveLength(2), { timeout: 30_000 });

  await invoker.close(10);

  expect(runs.map(({ event }) => event)).toEqual([{ time: '1' }, {}]);
});

test('the journal holds an event until it has ended, and the record of its end before that', async () => {
  outcomes = [failed, failed, failed];

  await invoker.invoke('dump', { time: '1' });

  expect(journal.lines).toEqual([
    ...['accept dump', 'dump began 1', 'dump began 2', 'dump began 3', 'accept notify'],
    ...['notify began 1', 'dump ended', 'notify ended'],
  ]);
});

test('what a closing host breaks off stays in the journal, and the try does not count', async () => {
  outcomes = ['hang'];
  void invoker.invoke('dump', {});
  await vi.waitFor(() => expect(runs).toHaveLength(1), { timeout: 30_000 });
  const waiting = invoker.invoke('verify', {});
  await invoker.close(10);
  await waiting;

  expect(journal.lines.filter((line) => line.includes('dump'))).toEqual([
    ...['accept dump', 'dump began 1', 'dump began 0'],
  ]);
});

test('what ends well while the host closes has ended, and its record waits in the journal', async () => {
  let end = (_: Outcome) => {};
  outcomes = [new Promise<Outcome>((resolve) => (end = resolve))];
  void invoker.invoke('verify', {});
  const closed = invoker.close(60_000);
  end({ answer: [] });
  await closed;

  expect(runs).toHaveLength(1);
  expect(journal.lines).toEqual(['accept verify', 'verify began 1', 'accept notify', 'verify ended']);
});

test('tries that an earlier host began count', async () => {
  outcomes = [failed];

  await invoker.takeUp({ ...journal.accept('dump', {}), attempts: 2 });

  expect(runs.map(({ key }) => key)).toEqual(['dump', 'notify']);
  expect(parseFunctionFailed(runs.at(-1)?.event)).toMatchObject({ attempts: 3 });
});

test('an event whose every try took the host along is given up, and its destination gets the record', async () => {
  await invoker.takeUp({ ...journal.accept('dump', {}), attempts: 3 });

  expect(runs.map(({ key }) => key)).toEqual(['notify']);
  expect(parseFunctionFailed(runs.at(-1)?.event)).toMatchObject({
    attempts: 3,
    error: { type: 'Runtime.ExitError', problem: expect.stringContaining('ended during each of 3 tries') },
  });
  expect(tries).toMatchObject([{ function: 'dump', attempt: 4, willRetryInMs: undefined }]);
});

function watchedJournal() {
  const lines: string[] = [];
  const accept = (key: string, event: unknown): Accepted => {
    lines.push(`accept ${key}`);
    return {
      ...{ key, event, attempts: 0 },
      began: (attempts) => lines.push(`${key} began ${attempts}`),
      ended: () => lines.push(`${key} ended`),
    };
  };
  return { lines, accept } satisfies Journal & { lines: string[] };
}
