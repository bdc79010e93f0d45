import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseFunctionEnded } from '../../../events/function-ended.ts';
import { EVENT_VARIABLE, TASK_CONTAINER } from '../../../layers/settings/task-variables.ts';

interface Sample {
  readonly detail: { readonly containers: readonly object[]; readonly overrides: object };
}

const sample = (name: string) =>
  JSON.parse(
    readFileSync(new URL(`../../../events/samples/task-stopped.${name}.json`, import.meta.url), 'utf8'),
  ) as Sample;

/** One whose detail differs, and whose container does. */
function changed(name: string, detail: object, container: object = {}) {
  const event = sample(name);
  const containers = event.detail.containers.map((one) => ({ ...one, ...container }));
  return { ...event, detail: { ...event.detail, containers, ...detail } };
}

const fired = {
  ...{ version: '0', source: 'aws.events', 'detail-type': 'Scheduled Event' },
  ...{ id: '53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa', time: '2026-11-22T02:00:00Z', detail: { database: 'shop' } },
};

describe('a task that stopped', () => {
  test('well', () => {
    expect(parseFunctionEnded(sample('done'))).toEqual({
      outcome: 'succeeded',
      succeeded: {
        function: 'dump',
        requestId: 'c13b4cb40f1f4fe4a2971f76ae5a47ad',
        at: new Date('2026-11-22T03:12:40.851Z'),
        request: fired,
        response: undefined,
      },
    });
  });

  test('not well, and has told why itself', () => {
    expect(parseFunctionEnded(sample('told'))).toEqual({ outcome: 'told' });
  });

  test('out of memory', () => {
    expect(parseFunctionEnded(sample('memory'))).toEqual({
      outcome: 'failed',
      failed: {
        function: 'dump',
        requestId: 'c13b4cb40f1f4fe4a2971f76ae5a47ad',
        at: new Date('2026-11-22T03:12:40.851Z'),
        request: fired,
        attempts: 1,
        condition: 'EssentialContainerExited',
        error: {
          type: 'OutOfMemoryError',
          problem:
            'its task was killed, most likely because it ran out of memory: OutOfMemoryError: Container killed due to memory usage',
          hint: 'raise TASK_MEMORY_MB; pg_dump needs about four times the size of the largest row',
        },
      },
    });
  });

  test('before it ran', () => {
    expect(parseFunctionEnded(sample('not-started'))).toMatchObject({
      failed: {
        function: 'verify',
        request: { database: 'shop', firedAt: '2026-11-22T02-00-00Z', as: 'new' },
        error: {
          type: 'TaskFailedToStart',
          problem: expect.stringMatching(/^its task did not run: CannotPullContainerError: /),
          hint: expect.stringContaining('TASK_IMAGE'),
        },
      },
    });
  });

  test.each([
    [{}, { exitCode: 137 }, 'OutOfMemoryError', /ran out of memory: Essential container in task exited$/],
    [{}, { exitCode: 1 }, 'TaskFailed', /^its task ended with exit code 1 and did not report why$/],
    [
      { stopCode: 'UserInitiated', stoppedReason: 'Stopped by ops' },
      { exitCode: 137 },
      'UserInitiated',
      /^its task was stopped: Stopped by ops$/,
    ],
  ])('%j, %j: %s', (detail, container, type, problem) => {
    const ended = parseFunctionEnded(changed('done', detail, container));
    expect(ended).toMatchObject({ failed: { error: { type, problem: expect.stringMatching(problem) } } });
  });

  test('without the event that started it', () => {
    expect(parseFunctionEnded(changed('memory', { overrides: {} }))).toMatchObject({ failed: { request: undefined } });
    expect(
      parseFunctionEnded(changed('memory', { overrides: { containerOverrides: [{ name: TASK_CONTAINER }] } })),
    ).toMatchObject({
      failed: { request: undefined },
    });
    expect(JSON.stringify(sample('memory').detail.overrides)).toContain(EVENT_VARIABLE);
  });

  test.each([
    [{ source: 'aws.ecs' }],
    [changed('done', { lastStatus: 'RUNNING' })],
    [changed('done', { taskDefinitionArn: 'dump' })],
  ])('anything else is refused: %#', (event) => {
    expect(() => parseFunctionEnded(event)).toThrow(expect.objectContaining({ name: 'EventError' }));
  });
});
