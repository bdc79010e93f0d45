import { expect, test } from 'vitest';
import { failurePayload, outOfMemory, runtimeExited, timedOut } from '../../../events/failure-payload.mjs';
import { parseFunctionFailed } from '../../../events/function-failed.ts';
import { parseFunctionSucceeded } from '../../../events/function-succeeded.ts';
import { failurePayloadSchema, failureRecord, successRecord } from '../../../events/invocation-record.ts';

const now = new Date('2026-11-22T02:10:00Z');
const ended = { functionName: 'pgvouch-prod-dump', requestId: 'r1', attempts: 3, event: { database: 'shop' } };

test('the record of a success is read as it was made', () => {
  expect(parseFunctionSucceeded(successRecord(ended, { ok: true }, now))).toEqual({
    ...{ function: 'dump', requestId: 'r1', at: now, request: { database: 'shop' }, response: { ok: true } },
  });
  expect(() => parseFunctionFailed({ ...successRecord(ended, {}, now), timestamp: 'now' })).toThrow('timestamp');
});

test('the record of a failure too, and it is no success', () => {
  const record = failureRecord(ended, failurePayload(new TypeError('it broke\nHint: mend it')), now);
  expect(parseFunctionFailed(record)).toEqual({
    ...{ function: 'dump', requestId: 'r1', at: now, attempts: 3, condition: 'RetriesExhausted' },
    error: { type: 'TypeError', problem: 'it broke', hint: 'mend it' },
    request: { database: 'shop' },
  });
  expect(() => parseFunctionSucceeded(record)).toThrow('it is the record of RetriesExhausted');
});

test.each([
  [timedOut(900_000), 'it was still running at its time limit of 900 s and was stopped'],
  [outOfMemory(), 'it was killed, most likely because it ran out of memory: Runtime exited with error: signal: killed'],
  [runtimeExited('Runtime exited with error: exit status 3'), 'Runtime exited with error: exit status 3'],
  [failurePayload('a string'), 'a string'],
])("what the host says in Lambda's words notify understands: %j", (payload, problem) => {
  expect(failurePayloadSchema.parse(payload)).toEqual(payload);
  expect(parseFunctionFailed(failureRecord(ended, payload, now)).error.problem).toBe(problem);
});
