import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type FunctionFailed, parseFunctionFailed } from '../../../events/function-failed.ts';
import { type FailedTry, type HostedFunction, type Invoker, openInvoker } from '../../../events/host/invoker.ts';
import { lambdaApi } from '../../../events/offline/lambda-api.ts';
import { findFreePort } from '../../../events/offline/machine/ports.ts';
import type { Death } from '../../fixtures/crashing-service/crashing.ts';
import { invokeFunction } from '../../support/servers/lambda-api.ts';

const service = resolve(import.meta.dirname, '../../fixtures/crashing-service');
const serverless = resolve(import.meta.dirname, '../../../node_modules/.bin/serverless');

let folder: string;
let server: ChildProcess;
let port: number;
let invoker: Invoker;
let tries: FailedTry[] = [];
const lost: FailedTry[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pgvouch-crashing-'));
  port = await findFreePort();
  const own = { LAMBDA_PORT: String(port), WITNESS_FILE: join(folder, 'witness'), SLS_LOG_LEVEL: 'error' };
  const env: NodeJS.ProcessEnv = { PATH: process.env.PATH, HOME: process.env.HOME, ...own };
  server = spawn(serverless, ['offline', 'start'], { cwd: service, env, stdio: 'ignore' });
  const crashing: HostedFunction = { name: 'crashing-test-crashing', maximumRetryAttempts: 1, onFailure: 'witness' };
  invoker = openInvoker({
    run: lambdaApi(port),
    functions: new Map<string, HostedFunction>([
      ['crashing', crashing],
      ['hanging', { ...crashing, name: 'crashing-test-hanging', maximumRetryAttempts: 0 }],
      ['witness', { name: 'crashing-test-witness', maximumRetryAttempts: 0, onFailure: undefined }],
    ]),
    retryDelaysMs: [0],
    onFailedTry: (failed) => tries.push(failed),
    onLost: (failed) => lost.push(failed),
  });
  await vi.waitFor(async () => expect(await answerOf('crashing', 'none')).toBe('alive'), { timeout: 60_000 });
});

afterAll(async () => {
  await invoker.close(0);
  server.kill('SIGTERM');
  await once(server, 'exit');
  await rm(folder, { recursive: true, force: true });
});

test.each<[Death, string, RegExp]>([
  ['throw', 'DumpError', /^dump "shop": it failed$/],
  ['reject', 'Error', /nobody awaited this/],
  ['stream', 'Error', /nobody listened/],
  ['exit', 'Runtime.ExitError', /exit status 3/],
  ['memory', 'Runtime.OutOfMemory', /ran out of memory/],
])('death by %s fails the invocation, is retried and told as %s; the next one lives', async (death, type, problem) => {
  tries = [];

  await invoker.invoke('crashing', { death });

  expect(tries.map(({ attempt, willRetryInMs }) => [attempt, willRetryInMs])).toEqual([
    [1, 0],
    [2, undefined],
  ]);
  expect(await lastWitnessed()).toMatchObject({
    function: 'crashing',
    attempts: 2,
    error: { type, problem: expect.stringMatching(problem) },
    request: { death },
  });
  expect(lost).toEqual([]);
  expect(await answerOf('crashing', 'none')).toBe('alive');
  expect(server.exitCode).toBe(null);
});

test('a handler that never ends is ended at its time limit, and the next one lives', async () => {
  // Its time limit is not for its cold start, too.
  await vi.waitFor(async () => expect(await answerOf('hanging', 'none')).toBe('alive'), { timeout: 60_000 });
  await invoker.invoke('hanging', { death: 'hang' });

  const { error } = await lastWitnessed();
  expect(error).toMatchObject({
    type: 'Sandbox.Timedout',
    problem: expect.stringMatching(/time limit of \d+(\.\d+)? s/),
  });
  expect(await answerOf('hanging', 'none')).toBe('alive');
});

function answerOf(name: string, death: Death): Promise<unknown> {
  return invokeFunction({ LOCAL_LAMBDA_PORT: String(port) }, `crashing-test-${name}`, { death });
}

async function lastWitnessed(): Promise<FunctionFailed> {
  const lines = (await readFile(join(folder, 'witness'), 'utf8')).trimEnd().split('\n');
  return parseFunctionFailed(JSON.parse(lines.at(-1) ?? ''));
}
