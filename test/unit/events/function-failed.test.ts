import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseFunctionFailed } from '../../../events/function-failed.ts';
import { DumpError } from '../../../layers/backup/errors.ts';

const sample = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../events/samples/${name}.json`, import.meta.url), 'utf8')) as {
    requestContext: object;
    responsePayload: unknown;
  };

test('an error of ours comes back whole, with the event that it failed on', () => {
  expect(parseFunctionFailed(sample('function-failed.dump'))).toEqual({
    function: 'dump',
    requestId: 'e4b46cbf-b738-4f4e-8880-a18cdf61200e',
    at: new Date('2026-11-22T02:03:41.568Z'),
    attempts: 3,
    condition: 'RetriesExhausted',
    error: {
      type: 'DumpError',
      problem: 'dump shop: connect ECONNREFUSED 10.0.0.5:5432',
      hint: 'nothing is listening there: check that the server is up, and that POSTGRES_HOST is right',
    },
    request: sample('schedule-fired.database'),
  });
  expect(parseFunctionFailed(sample('function-failed.verify'))).toMatchObject({ function: 'verify' });
});

test.each(['timeout', 'timeout-old'])('a function out of time (%s)', (name) => {
  const { error } = parseFunctionFailed(sample(`function-failed.${name}`));
  expect(error.problem).toBe('it was still running at its time limit of 900 s and was stopped');
  expect(error.hint).toContain('raise its timeout');
});

test('a function out of memory', () => {
  expect(parseFunctionFailed(sample('function-failed.memory')).error).toEqual({
    type: 'Runtime.ExitError',
    problem: 'it was killed, most likely because it ran out of memory: Runtime exited with error: signal: killed',
    hint: expect.stringContaining('raise its memory'),
  });
});

test('an event that was never run', () => {
  expect(parseFunctionFailed(sample('function-failed.age'))).toMatchObject({
    attempts: 1,
    condition: 'EventAgeExceeded',
    error: { type: 'EventAgeExceeded', problem: 'the event waited too long and was dropped' },
  });
});

test("an error of ours that quotes Lambda's words is not taken for Lambda's", () => {
  const { message } = new DumpError({
    operation: 'dump',
    subject: 'shop',
    problem: 'pg_dump: signal: killed',
    hint: 'h',
  });
  const event = { ...sample('function-failed.dump'), responsePayload: { errorType: 'Error', errorMessage: message } };
  expect(parseFunctionFailed(event).error).toEqual({
    type: 'Error',
    problem: 'dump shop: pg_dump: signal: killed',
    hint: 'h',
  });
});

test.each([[undefined], [null], ['text'], [{}], [{ errorMessage: 5 }]])(
  'a response of %j is still a failure',
  (response) => {
    const event = { ...sample('function-failed.dump'), responsePayload: response };
    expect(parseFunctionFailed(event).error).toEqual({ type: 'Unhandled', problem: 'it left no error message' });
  },
);

test.each([
  ['pgvouch-prod-notify', 'notify'],
  ['my-backup-service-eu-west-prod-retention:$LATEST', 'retention'],
  ['dump:live', 'dump'],
])('%s is %s', (name, short) => {
  const event = sample('function-failed.dump');
  const requestContext = {
    ...event.requestContext,
    functionArn: `arn:aws:lambda:eu-west-1:123456789012:function:${name}`,
  };
  expect(parseFunctionFailed({ ...event, requestContext }).function).toBe(short);
});

test.each([[null], [{}], [sample('schedule-fired.aws')], [{ ...sample('function-failed.dump'), timestamp: 'now' }]])(
  'not a failure: %#',
  (event) => {
    expect(() => parseFunctionFailed(event)).toThrow(expect.objectContaining({ name: 'EventError' }));
  },
);
