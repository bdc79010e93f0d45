import pino from 'pino';
import { expect, test } from 'vitest';
import { parseFunctionEnded } from '../../../events/function-ended.ts';
import { type Handler, runTask } from '../../../events/task/run-task.ts';
import { readTaskConfig } from '../../../events/task/task-config.ts';
import { TOLD } from '../../../events/task-stopped.ts';

const EVENT = { database: 'shop', time: '2026-11-22T02:00:00Z' };

/** Runs a dump of this kind, and hears what notify is told. */
async function run(
  handler: Handler,
  { tells = true, stop = new AbortController().signal, load = async () => handler } = {},
) {
  const heard: object[] = [];
  const tell = async (record: object) => {
    if (!tells) throw new Error('no route');
    heard.push(record);
  };
  const exitCode = await runTask({
    ...{ name: 'dump', load, event: EVENT, timeoutMs: 1_000, tell, firstDelayMs: 1, stop },
    log: pino({ level: 'silent' }),
  });
  return { exitCode, heard: heard.map((record) => parseFunctionEnded(record)) };
}

function failing(times: number): Handler & { tries: () => number } {
  let tries = 0;
  const handler = async () => {
    if (++tries <= times) throw new Error(`no server (${tries})`);
    return 'a manifest';
  };
  return Object.assign(handler, { tries: () => tries });
}

test('a success reaches notify as that of a function does', async () => {
  const { exitCode, heard } = await run(async (event, context) => [event, context.getRemainingTimeInMillis() > 0]);
  expect(exitCode).toBe(0);
  expect(heard).toEqual([
    {
      outcome: 'succeeded',
      succeeded: expect.objectContaining({ function: 'dump', request: EVENT, response: [EVENT, true] }),
    },
  ]);
});

test('it is tried twice more, as on Lambda', async () => {
  const twice = failing(2);
  expect((await run(twice)).exitCode).toBe(0);
  const always = failing(9);
  expect(await run(always)).toEqual({
    exitCode: TOLD,
    heard: [
      {
        outcome: 'failed',
        failed: expect.objectContaining({
          ...{ function: 'dump', attempts: 3, request: EVENT },
          error: { type: 'Error', problem: 'no server (3)' },
        }),
      },
    ],
  });
  expect([twice.tries(), always.tries()]).toEqual([3, 3]);
});

test('what cannot be loaded, as its configuration is wrong, is told at once', async () => {
  const load = () => Promise.reject(new TypeError('not configured'));
  const { exitCode, heard } = await run(failing(0), { load });
  expect([exitCode, heard]).toMatchObject([TOLD, [{ failed: { attempts: 1, error: { type: 'TypeError' } } }]]);
});

test('a task that is stopped tries no more', async () => {
  const stop = new AbortController();
  const handler = failing(9);
  const { exitCode } = await run(
    (event, context) => {
      stop.abort();
      return handler(event, context);
    },
    { stop: stop.signal },
  );
  expect([exitCode, handler.tries()]).toEqual([TOLD, 1]);
});

test('if notify cannot be reached, the exit code says so of a failure, and nothing of a success', async () => {
  expect(await run(failing(9), { tells: false })).toEqual({ exitCode: 1, heard: [] });
  expect(await run(failing(0), { tells: false })).toEqual({ exitCode: 0, heard: [] });
});

test('the configuration of a task', () => {
  const env = { PGVOUCH_EVENT: '{"database":"shop"}', NOTIFY_FUNCTION: 'pgvouch-prod-notify', VERIFY_TIMEOUT: '7200' };
  const read = { event: { database: 'shop' }, notifyFunction: 'pgvouch-prod-notify' };
  expect(readTaskConfig(env, 'verify')).toEqual({ ...read, timeoutMs: 7_200_000 });
  expect(readTaskConfig(env, 'dump')).toEqual({ ...read, timeoutMs: Number.POSITIVE_INFINITY });
  expect(() => readTaskConfig({}, 'dump')).toThrow(/PGVOUCH_EVENT is not set/);
  expect(() => readTaskConfig({ PGVOUCH_EVENT: '{' }, 'dump')).toThrow(/PGVOUCH_EVENT is not JSON/);
});
