import * as z from 'zod';
import { problemsOf } from '../layers/backup/document.ts';
import { EventError } from '../layers/backup/errors.ts';
import type { FunctionFailed } from './function-failed.ts';
import type { FunctionSucceeded } from './function-succeeded.ts';

/**
 * The exit code of a task that has reported its failure to notify itself. Any other that is not 0 was reported to nobody:
 * the task was killed, did not start, or could not reach notify.
 */
export const TOLD = 5;

/** How the function ended that ran in a task. */
export type TaskEnded =
  | { readonly outcome: 'failed'; readonly failed: FunctionFailed }
  | { readonly outcome: 'succeeded'; readonly succeeded: FunctionSucceeded }
  /** It failed, and has reported that itself. */
  | { readonly outcome: 'told' };

const container = z.object({
  name: z.string(),
  exitCode: z.int().optional(),
  reason: z.string().optional(),
});

const override = z.object({
  environment: z.array(z.object({ name: z.string(), value: z.string() })).optional(),
});

const stopped = z.object({
  source: z.literal('aws.ecs'),
  'detail-type': z.literal('ECS Task State Change'),
  time: z.iso.datetime({ offset: true }),
  detail: z.object({
    taskArn: z.string(),
    taskDefinitionArn: z.string().regex(/:task-definition\/[\w-]+:\d+$/, 'not the ARN of a task definition'),
    lastStatus: z.literal('STOPPED'),
    stopCode: z.string().optional(),
    stoppedReason: z.string().optional(),
    stoppedAt: z.iso.datetime({ offset: true }).optional(),
    containers: z.array(container),
    overrides: z.object({ containerOverrides: z.array(override).optional() }).optional(),
  }),
});

type StoppedTask = z.infer<typeof stopped>['detail'];

/** Whether an event says that it is of a task, even if nothing else in it is right. */
export function saysTask(event: unknown): boolean {
  return z.object({ source: z.literal('aws.ecs') }).safeParse(event).success;
}

/**
 * A task of ECS stopped → how the function ended that ran in it. Of a failure it is the platform's words: the function's
 * own have reached notify before, or never will.
 *
 * @throws {@link EventError} if it is not such an event
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html
 */
export function parseTaskStopped(event: unknown): TaskEnded {
  const parsed = stopped.safeParse(event);
  if (!parsed.success) {
    throw new EventError({
      operation: 'read event',
      subject: 'task stopped',
      problem: problemsOf(parsed.error),
      hint: 'notify takes only the tasks of this stack, and only once they have stopped',
    });
  }
  const { time, detail } = parsed.data;
  const ended = {
    function: shortName(detail.taskDefinitionArn),
    requestId: idOf(detail),
    at: new Date(detail.stoppedAt ?? time),
    request: requestOf(detail),
  };
  const exitCode = detail.containers[0]?.exitCode;
  if (exitCode === 0) return { outcome: 'succeeded', succeeded: { ...ended, response: undefined } };
  if (exitCode === TOLD) return { outcome: 'told' };
  const error = errorOf(detail, exitCode);
  return { outcome: 'failed', failed: { ...ended, attempts: 1, condition: detail.stopCode ?? 'Stopped', error } };
}

/** `arn:…:task-definition/pgvouch-prod-dump:7` → `dump` */
function shortName(definitionArn: string): string {
  return /\/(?:[\w-]*-)?(\w+):\d+$/.exec(definitionArn)?.[1] ?? definitionArn;
}

/** It is also the end of the name of its log stream. */
function idOf({ taskArn }: StoppedTask): string {
  return taskArn.split('/').at(-1) ?? taskArn;
}

/** The event that the function was run on, as it was; undefined if none is there. */
function requestOf({ overrides }: StoppedTask): unknown {
  const variables = overrides?.containerOverrides?.flatMap(({ environment = [] }) => environment) ?? [];
  try {
    return JSON.parse(variables.find(({ name }) => name === 'PGVOUCH_EVENT')?.value ?? '');
  } catch {
    return undefined;
  }
}

/** Of SIGKILL, the kernel's too. */
const KILLED = 128 + 9;

/** @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html */
function errorOf(task: StoppedTask, exitCode: number | undefined): FunctionFailed['error'] {
  const { stopCode = '', stoppedReason = 'it gave no reason' } = task;
  const reason = task.containers[0]?.reason;
  if (exitCode === undefined) {
    return {
      type: stopCode || 'TaskFailedToStart',
      problem: `its task did not run: ${[stoppedReason, reason].filter((part) => part !== undefined).join('; ')}`,
      hint: 'check TASK_IMAGE, and that the subnets have a route to it, to S3, Secrets Manager and CloudWatch Logs; see docs/aws.md, "Larger than a function"',
    };
  }
  if (reason?.startsWith('OutOfMemory') || (exitCode === KILLED && stopCode === 'EssentialContainerExited')) {
    return {
      type: 'OutOfMemoryError',
      problem: `its task was killed, most likely because it ran out of memory: ${reason ?? stoppedReason}`,
      hint: 'raise TASK_MEMORY_MB; pg_dump needs about four times the size of the largest row',
    };
  }
  if (stopCode !== 'EssentialContainerExited') {
    return {
      type: stopCode || 'TaskStopped',
      problem: `its task was stopped: ${stoppedReason}`,
      hint: 'the next firing starts another task; docs/aws.md, "Larger than a function", says how to start one now',
    };
  }
  return {
    type: 'TaskFailed',
    problem: `its task ended with exit code ${exitCode} and did not report why`,
    hint: `the log stream that ends with ${idOf(task)} has the reason; to report it themselves, tasks need a route from their subnets to Lambda`,
  };
}
