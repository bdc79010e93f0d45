import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseFunctionFailed } from '../../../events/function-failed.ts';
import { parseFunctionSucceeded } from '../../../events/function-succeeded.ts';
import { type FailedTry, type Invoker, openInvoker } from '../../../events/host/invoker.ts';

type Answer = { readonly status?: number; readonly body?: unknown } | 'break' | 'hang';

const failure = { errorType: 'DumpError', errorMessage: 'dump "shop": it broke\nHint: mend it', trace: [] };
const requests: { readonly path: string; readonly event: unknown }[] = [];
let answers: Answer[];
let server: Server;
let invoker: Invoker;
let tries: FailedTry[];
let lost: FailedTry[];

beforeEach(async () => {
  requests.length = 0;
  tries = [];
  lost = [];
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    requests.push({ path: request.url ?? '', event: JSON.parse(Buffer.concat(chunks).toString()) });
    const answer = answers.shift() ?? {};
    if (answer === 'hang') return;
    if (answer === 'break') return request.socket.destroy();
    const { status = 200, body } = answer;
    response.writeHead(status).end(body === undefined ? '' : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  invoker = openInvoker({
    port: (server.address() as AddressInfo).port,
    functions: new Map([
      ['dump', { name: 'pgvouch-prod-dump', maximumRetryAttempts: 2, onFailure: 'notify' }],
      ['verify', { name: 'pgvouch-prod-verify', maximumRetryAttempts: 0, onFailure: 'notify', onSuccess: 'notify' }],
      ['notify', { name: 'pgvouch-prod-notify', maximumRetryAttempts: 1, onFailure: undefined }],
    ]),
    retryDelaysMs: [0, 1],
    onFailedTry: (failed) => tries.push(failed),
    onLost: (failed) => lost.push(failed),
  });
});

afterEach(async () => {
  await invoker.close(0);
  server.closeAllConnections();
  server.close();
});

const dumpPath = '/2015-03-31/functions/pgvouch-prod-dump/invocations';
const notifyPath = '/2015-03-31/functions/pgvouch-prod-notify/invocations';

test('a success is invoked once, by its full name', async () => {
  answers = [{ body: { format: 'pgvouch/manifest' } }];

  await invoker.invoke('dump', { database: 'shop' });

  expect(requests).toEqual([{ path: dumpPath, event: { database: 'shop' } }]);
  expect(tries).toEqual([]);
});

test.each<[string, Answer, string, RegExp]>([
  ['an error of the handler', { body: failure }, 'DumpError', /it broke/],
  ['a refusal of the API', { status: 404, body: {} }, 'Runtime.ExitError', /answered 404/],
  ['a broken connection', 'break', 'Runtime.ExitError', /broke off/],
  ['an answer that is no JSON', { body: undefined, status: 502 }, 'Runtime.ExitError', /answered 502/],
])('%s is tried again, and the next success ends it', async (_, answer, errorType, message) => {
  answers = [answer, {}];

  await invoker.invoke('dump', {});

  expect(requests).toHaveLength(2);
  expect(tries).toMatchObject([{ function: 'dump', attempt: 1, willRetryInMs: 0, failure: { errorType } }]);
  expect(tries[0]?.failure.errorMessage).toMatch(message);
});

test('after the last try the destination gets a record that notify reads', async () => {
  answers = [{ body: failure }, 'break', { body: failure }, {}];

  await invoker.invoke('dump', { time: '2026-11-22T02:00:00Z' });

  expect(tries.map(({ attempt, willRetryInMs }) => [attempt, willRetryInMs])).toEqual([
    [1, 0],
    [2, 1],
    [3, undefined],
  ]);
  expect(requests.map(({ path }) => path)).toEqual([dumpPath, dumpPath, dumpPath, notifyPath]);
  expect(parseFunctionFailed(requests.at(-1)?.event)).toMatchObject({
    ...{ function: 'dump', attempts: 3, condition: 'RetriesExhausted' },
    error: { type: 'DumpError', problem: 'dump "shop": it broke', hint: 'mend it' },
    request: { time: '2026-11-22T02:00:00Z' },
  });
  expect(lost).toEqual([]);
});

test('a success gets to its destination too, and nobody waits for that', async () => {
  answers = [{ body: [{ database: 'shop' }] }, 'hang'];

  await invoker.invoke('verify', { time: '2026-11-22T02:00:00Z' });
  await vi.waitFor(() => expect(requests).toHaveLength(2), { timeout: 30_000 });

  expect(requests[1]?.path).toBe(notifyPath);
  expect(parseFunctionSucceeded(requests[1]?.event)).toMatchObject({
    ...{ function: 'verify', request: { time: '2026-11-22T02:00:00Z' }, response: [{ database: 'shop' }] },
  });
});

test('a success without an answer is one', async () => {
  await invoker.invoke('verify', {});
  await vi.waitFor(() => expect(requests).toHaveLength(2), { timeout: 30_000 });
  expect(parseFunctionSucceeded(requests[1]?.event)).toMatchObject({ function: 'verify', response: null });
});

test('a destination that fails too is tried again, and then told of', async () => {
  answers = Array.from({ length: 5 }, () => ({ body: failure }));

  await invoker.invoke('dump', {});

  expect(requests).toHaveLength(5);
  expect(lost).toMatchObject([{ function: 'notify', attempt: 2 }]);
});

test('closing waits for what is under way, and tries nothing again', async () => {
  answers = [{ body: failure }];
  const invoked = invoker.invoke('dump', {});
  await invoker.close(60_000);
  await invoked;
  expect(tries).toEqual([]);
  expect(requests.length).toBeLessThanOrEqual(1);
});

test('closing breaks off what does not end', async () => {
  answers = ['hang'];
  const invoked = invoker.invoke('dump', {});
  await vi.waitFor(() => expect(requests).toHaveLength(1), { timeout: 30_000 });

  await invoker.close(10);

  await invoked;
  expect(tries).toEqual([]);
});
