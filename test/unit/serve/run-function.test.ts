import { expect, test, vi } from 'vitest';
import { runFunction } from '../../../events/serve/run-function.ts';
import { isAlive } from '../../support/servers/processes.ts';

const SECOND = 1_000;
const PATIENCE = { timeout: 30 * SECOND, interval: 20 };
const url = (path: string) => new URL(`../../../${path}`, import.meta.url).href;

/** Runs the fixture function in a real process. */
function start(event: object, { limitMs = 60 * SECOND, env = {} } = {}) {
  const lines: string[] = [];
  const closing = new AbortController();
  const breakingOff = new AbortController();
  const outcome = runFunction(
    {
      ...{ child: url('events/serve/child.mjs'), module: url('test/fixtures/service/deeds.mjs'), limitMs },
      env: { PATH: process.env.PATH, ...env },
      onLine: (line) => lines.push(line),
    },
    {
      ...{ key: 'dump', name: 'pgvouch-dump', requestId: 'r-1', event },
      ...{ closing: closing.signal, signal: breakingOff.signal },
    },
  );
  const said = (pattern: RegExp) =>
    vi.waitFor(() => {
      const found = lines.map((line) => pattern.exec(line)).find((one) => one !== null);
      if (!found) throw new Error(`${pattern} not among: ${lines.join('\n')}`);
      return found;
    }, PATIENCE);
  return { outcome, lines, closing, breakingOff, said };
}

test('a function answers, in a process that is gone afterwards', async () => {
  const { outcome } = start({ deed: 'answer', database: 'shop' });
  const { answer } = (await outcome) as { answer: { pid: number; leftMs: number } };
  expect(answer).toMatchObject({ event: { database: 'shop' }, awsRequestId: 'r-1' });
  expect(answer.leftMs).toBeGreaterThan(0);
  expect(answer.leftMs).toBeLessThanOrEqual(60 * SECOND);
  expect(isAlive(answer.pid)).toBe(false);
});

test('no answer is null', async () => {
  expect(await start({ deed: 'nothing' }).outcome).toEqual({ answer: null });
});

test.each([
  ['fail', 'DumpError', /^dump "shop": it failed$/],
  ['reject', 'TypeError', /nobody awaited this/],
  ['exit', 'Runtime.ExitError', /^Runtime exited with error: exit status 3$/],
  ['killed', 'Runtime.OutOfMemory', /signal: killed/],
  ['memory', 'Runtime.OutOfMemory', /signal: killed/],
])('death by %s fails the invocation as %s', async (deed, errorType, message) => {
  const { outcome } = start({ deed }, { env: { NODE_OPTIONS: '--max-old-space-size=32' } });
  expect(await outcome).toMatchObject({ failure: { errorType, errorMessage: expect.stringMatching(message) } });
});

test('what dies touches no other, and the kernel would end it before the service', async () => {
  const { outcome, said, breakingOff } = start({ deed: 'hang' });
  await said(/runs/);
  await start({ deed: 'killed' }).outcome;
  expect(await start({ deed: 'answer' }).outcome).toMatchObject({ answer: { oomScoreAdj: 500 } });
  breakingOff.abort();
  await outcome;
});

test('a process that cannot be started fails the invocation', async () => {
  const { outcome } = start({ deed: 'answer' }, { env: { TOO_LARGE: 'x'.repeat(3_000_000) } });
  expect(await outcome).toMatchObject({
    failure: { errorType: 'Runtime.ExitError', errorMessage: expect.stringMatching(/could not be started.*E2BIG/) },
  });
});

test('a module that cannot be loaded fails the invocation', async () => {
  const lines: string[] = [];
  const outcome = await runFunction(
    {
      ...{ child: url('events/serve/child.mjs'), module: url('test/fixtures/service/none.mjs'), limitMs: 60 * SECOND },
      ...{ env: {}, onLine: (line: string) => lines.push(line) },
    },
    {
      ...{ key: 'dump', name: 'pgvouch-dump', requestId: 'r-1', event: {} },
      ...{ closing: new AbortController().signal, signal: new AbortController().signal },
    },
  );
  expect(outcome).toMatchObject({ failure: { errorMessage: expect.stringContaining('Cannot find module') } });
});

test('what it writes comes line by line, to the last', async () => {
  const { outcome, lines } = start({ deed: 'write' });
  expect(await outcome).toEqual({ answer: 'written' });
  expect([...lines].sort()).toEqual(['no line break', 'not JSON', '{"level":"info","msg":"a fact"}']);
});

test('at its time limit the process is killed with all that it started', async () => {
  const { outcome, said } = start({ deed: 'hang' }, { limitMs: 3 * SECOND });
  const [, pid, program] = await said(/^(\d+) runs (\d+)$/);
  expect(await outcome).toMatchObject({
    failure: { errorType: 'Sandbox.Timedout', errorMessage: expect.stringContaining('3.00 seconds') },
  });
  expect([isAlive(Number(pid)), isAlive(Number(program))]).toEqual([false, false]);
});

test('asked to end, it clears up', async () => {
  const { outcome, said, closing, lines } = start({ deed: 'clearUp' });
  await said(/it waits/);
  closing.abort();
  expect(await outcome).toMatchObject({ failure: { errorMessage: 'stopped' } });
  expect(lines).toContain('it cleared up');
});

test('broken off, it is killed with all that it started', async () => {
  const { outcome, said, breakingOff } = start({ deed: 'hang' });
  const [, pid, program] = await said(/^(\d+) runs (\d+)$/);
  breakingOff.abort();
  expect(await outcome).toMatchObject({ failure: { errorType: 'Runtime.ExitError' } });
  expect([isAlive(Number(pid)), isAlive(Number(program))]).toEqual([false, false]);
});
