import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseFunctionEnded } from '../../../events/function-ended.ts';
import { parseFunctionSucceeded } from '../../../events/function-succeeded.ts';

const sample = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../events/samples/${name}.json`, import.meta.url), 'utf8')) as {
    requestContext: object;
  };

describe('how a function ended', () => {
  test('well', () => {
    expect(parseFunctionEnded(sample('function-succeeded.dump'))).toEqual({
      outcome: 'succeeded',
      succeeded: {
        function: 'dump',
        requestId: '0f3d2ad6-9c1e-4cbb-8a0a-6c5f9b2f8e11',
        at: new Date('2026-11-22T03:02:11.204Z'),
        request: { ...sample('schedule-fired.database'), time: '2026-11-22T03:00:00Z' },
        response: expect.objectContaining({ format: 'pgvouch/manifest' }),
      },
    });
  });

  test('not well', () => {
    expect(parseFunctionEnded(sample('function-failed.dump'))).toMatchObject({
      outcome: 'failed',
      failed: { function: 'dump', attempts: 3 },
    });
  });

  test.each([
    [null],
    [{}],
    [sample('schedule-fired.aws')],
    [{ ...sample('function-succeeded.dump'), timestamp: 'now' }],
  ])('neither: %#', (event) => {
    expect(() => parseFunctionEnded(event)).toThrow(expect.objectContaining({ name: 'EventError' }));
    expect(() => parseFunctionSucceeded(event)).toThrow(expect.objectContaining({ name: 'EventError' }));
  });
});
