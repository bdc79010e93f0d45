import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type HostedFunction, type Invoker, type Outcome, openInvoker } from '../../../events/host/invoker.ts';
import { openTurns } from '../../../events/host/turns.ts';
import { hostedFunctions } from '../../../events/serve/functions.ts';

const failed: Outcome = { failure: { errorType: 'DumpError', errorMessage: 'it broke', trace: [] } };
const stored: Outcome = { answer: { outcome: 'stored' } };
const busy: Outcome = { answer: { outcome: 'busy' } };

let outcomes: Outcome[];
let runs: string[];
let lost: string[];
let invoker: Invoker;

beforeEach(() => {
  outcomes = [];
  runs = [];
  lost = [];
  const told = { maximumRetryAttempts: 0, onFailure: 'notify', onSuccess: 'notify' };
  invoker = openInvoker({
    functions: new Map<string, HostedFunction>([
      ['wal', { name: 'pgvouch-prod-wal', ...told, alike: true }],
      ['verify', { name: 'pgvouch-prod-verify', ...told }],
      ['notify', { name: 'pgvouch-prod-notify', maximumRetryAttempts: 0, onFailure: undefined }],
    ]),
    async run({ key }) {
      runs.push(key);
      return outcomes.shift() ?? { answer: null };
    },
    retryDelaysMs: [0],
    onFailedTry: () => {},
    onLost: ({ function: name }) => lost.push(name),
  });
});
afterEach(() => invoker.close(0));

/** What runs when wal ends so. */
async function walEnds(outcome: Outcome): Promise<string[]> {
  runs = [];
  outcomes = [outcome];
  await invoker.invoke('wal', {});
  return runs;
}

test('the first of each outcome is told of, and the next after a failure', async () => {
  expect(await walEnds(busy)).toEqual(['wal', 'notify']);
  expect(await walEnds(stored)).toEqual(['wal', 'notify']);
  expect(await walEnds(stored)).toEqual(['wal']);
  expect(await walEnds(busy)).toEqual(['wal']);
  expect(await walEnds(failed)).toEqual(['wal', 'notify']);
  expect(await walEnds(stored)).toEqual(['wal', 'notify']);
  expect(await walEnds(stored)).toEqual(['wal']);
});

test('once more, where notify has failed for good: nobody knows what it was to tell', async () => {
  await walEnds(stored);
  outcomes = [{ answer: [] }, failed];
  await invoker.invoke('verify', {});
  await vi.waitFor(() => expect(lost).toEqual(['notify']));
  expect(await walEnds(stored)).toEqual(['wal', 'notify']);
});

test('others are told of each time: what they end differs', async () => {
  await invoker.invoke('verify', {});
  await invoker.invoke('verify', {});
  expect(runs).toEqual(['verify', 'notify', 'verify', 'notify']);
});

test('in the service it is wal whose successes are alike', () => {
  const drills = { verify: openTurns(1), recovery: openTurns(1) };
  const functions = hostedFunctions({ dumpConcurrency: 1 } as Parameters<typeof hostedFunctions>[0], drills);
  const alike = [...functions].filter(([, one]) => one.alike).map(([key]) => key);
  expect(alike).toEqual(['wal']);
});
