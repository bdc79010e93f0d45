import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Invocation } from '../../../events/host/invoker.ts';
import { lambdaApi } from '../../../events/offline/lambda-api.ts';

const failure = { errorType: 'DumpError', errorMessage: 'dump "shop": it broke', trace: [] };
const requests: { readonly path: string; readonly event: unknown }[] = [];
let answer: { readonly status?: number; readonly body?: unknown } | 'break' | 'hang';
let server: Server;

beforeEach(async () => {
  requests.length = 0;
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    requests.push({ path: request.url ?? '', event: JSON.parse(Buffer.concat(chunks).toString()) });
    if (answer === 'hang') return;
    if (answer === 'break') return request.socket.destroy();
    const { status = 200, body } = answer;
    response.writeHead(status).end(body === undefined ? '' : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const invocation: Invocation = {
  ...{ key: 'dump', name: 'pgvouch-prod-dump', requestId: 'r', event: { database: 'shop' } },
  closing: new AbortController().signal,
  signal: new AbortController().signal,
};

const run = (changes: Partial<Invocation> = {}) =>
  lambdaApi((server.address() as AddressInfo).port)({ ...invocation, ...changes });

test('a function is invoked by its full name, with the event, and its answer comes back', async () => {
  answer = { body: { format: 'pgvouch/manifest' } };

  expect(await run()).toEqual({ answer: { format: 'pgvouch/manifest' } });

  const path = '/2015-03-31/functions/pgvouch-prod-dump/invocations';
  expect(requests).toEqual([{ path, event: { database: 'shop' } }]);
});

test('no answer at all is a success', async () => {
  answer = {};
  expect(await run()).toEqual({ answer: null });
});

test.each<[string, typeof answer, string, RegExp]>([
  ['an error of the handler', { body: failure }, 'DumpError', /it broke/],
  ['a refusal of the API', { status: 404, body: {} }, 'Runtime.ExitError', /answered 404/],
  ['a broken connection', 'break', 'Runtime.ExitError', /broke off/],
  ['an answer that is no JSON', { body: undefined, status: 502 }, 'Runtime.ExitError', /answered 502/],
])('%s is a failure', async (_, given, errorType, message) => {
  answer = given;
  expect(await run()).toMatchObject({ failure: { errorType, errorMessage: expect.stringMatching(message) } });
});

test('an invocation that is broken off is a failure', async () => {
  answer = 'hang';
  expect(await run({ signal: AbortSignal.timeout(10) })).toMatchObject({ failure: { errorType: 'Runtime.ExitError' } });
});
