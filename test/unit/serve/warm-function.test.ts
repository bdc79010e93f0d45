import { afterEach, expect, test, vi } from 'vitest';
import { keepWarm, type WarmFunction } from '../../../events/serve/warm-function.ts';
import { isAlive } from '../../support/servers/processes.ts';

const PATIENCE = { timeout: 30_000, interval: 20 };
const url = (path: string) => new URL(`../../../${path}`, import.meta.url).href;
let warm: WarmFunction | undefined;
afterEach(() => warm?.stop());

function start(limitMs = 60_000) {
  const ends: { problem: string; againInMs: number }[] = [];
  warm = keepWarm({
    ...{ child: url('events/serve/child.mjs'), module: url('test/fixtures/service/deeds.mjs'), limitMs },
    ...{ name: 'exporter', env: { PATH: process.env.PATH }, onLine() {} },
    onEnd: (problem, againInMs) => ends.push({ problem, againInMs }),
  });
  const { invoke, isRunning, stop } = warm;
  const answer = async () => {
    const outcome = await invoke({ deed: 'answer' });
    return outcome.failure ? expect.unreachable(outcome.failure.errorMessage) : (outcome.answer as { pid: number });
  };
  return { ends, invoke, isRunning, stop, answer };
}

test('one process answers all, side by side, and its failures end nothing', async () => {
  const { answer, invoke, ends } = start();
  const [one, failed, other] = await Promise.all([answer(), invoke({ deed: 'fail' }), answer()]);
  expect(failed).toMatchObject({ failure: { errorType: 'DumpError' } });
  expect(other.pid).toBe(one.pid);
  expect(ends).toEqual([]);
});

test('one that dies fails what it was answering, and is started again at once, later after a wait', async () => {
  const { answer, invoke, ends } = start();
  const { pid } = await answer();

  const failed = await Promise.all([invoke({ deed: 'exit' }), invoke({ deed: 'clearUp' })]);

  expect(failed).toMatchObject([1, 2].map(() => ({ failure: { errorType: 'Runtime.ExitError' } })));
  await vi.waitFor(async () => expect((await answer()).pid).not.toBe(pid), PATIENCE);
  expect(ends).toMatchObject([{ problem: expect.stringContaining('exit status 3'), againInMs: 0 }]);
});

test('one that does not answer in time is killed, and started again', async () => {
  const { answer, invoke, ends } = start(1_500);
  const { pid } = await answer();
  expect(await invoke({ deed: 'clearUp' })).toMatchObject({ failure: { errorType: 'Sandbox.Timedout' } });
  await vi.waitFor(async () => expect((await answer()).pid).not.toBe(pid), PATIENCE);
  expect(ends).toHaveLength(1);
});

test('stopped, it is gone', async () => {
  const { answer, stop, isRunning, ends } = start();
  const { pid } = await answer();
  stop();
  await vi.waitFor(() => expect([isAlive(pid), isRunning()]).toEqual([false, false]), PATIENCE);
  expect(ends).toEqual([]);
});
