import { createHash } from 'node:crypto';
import { ConfigError, textOf } from '../backup/errors.ts';
import { LAMBDA_TIMEOUT_S } from '../backup/lambda-limits.ts';
import { EVENT_VARIABLE, TASK_CONTAINER, type TaskPlace } from '../settings/task-variables.ts';

/** Bytes that a function reads in its time even from a slow bucket, at 45 MB/s: what is larger is for a task. */
export const MOST_READ_BYTES = LAMBDA_TIMEOUT_S * 45e6;

/** Several tries fit in a minute. */
const PATIENCE_MS = 5_000;

/**
 * Starts a task on Fargate with an event, unless one runs that was started for the same work. ECS knows the work by a token
 * as long as its task runs and for a while after that, for 24 hours at most.
 *
 * @param work - what makes it the same work; the event, by default
 * @returns the ARN of the task, started now or before; undefined if it was started with another event
 * @throws {@link ConfigError} if it is not started
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html
 */
export async function startTask(place: TaskPlace, event: unknown, work = event): Promise<string | undefined> {
  const { cluster, family, subnets, securityGroups, publicIp } = place;
  // Loaded only where a task is started: most functions never do.
  const { ECSClient, RunTaskCommand } = await import('@aws-sdk/client-ecs');
  const client = new ECSClient({
    maxAttempts: 5,
    requestHandler: {
      ...{ connectionTimeout: PATIENCE_MS, requestTimeout: 3 * PATIENCE_MS, throwOnRequestTimeout: true },
    },
  });
  const token = createHash('sha256').update(JSON.stringify(work)).digest('hex');
  const environment = [{ name: EVENT_VARIABLE, value: JSON.stringify(event) }];
  const network = { subnets: [...subnets], securityGroups: [...securityGroups] };
  try {
    const { tasks = [], failures = [] } = await client.send(
      new RunTaskCommand({
        ...{ cluster, taskDefinition: family, launchType: 'FARGATE', count: 1, clientToken: token },
        networkConfiguration: {
          awsvpcConfiguration: { ...network, assignPublicIp: publicIp ? 'ENABLED' : 'DISABLED' },
        },
        overrides: { containerOverrides: [{ name: TASK_CONTAINER, environment }] },
      }),
    );
    const [task] = tasks;
    if (task?.taskArn !== undefined) return task.taskArn;
    throw new Error(failures.map(({ reason, detail }) => [reason, detail].filter(Boolean).join(': ')).join('; '));
  } catch (error) {
    // Deployed anew since: the subnets may be others now.
    if ((error as { name?: string }).name === 'ConflictException') return undefined;
    throw new ConfigError({
      operation: 'start task',
      subject: family,
      problem: textOf(error) || 'ECS started none and gave no reason',
      hint: 'the next run will try again; docs/aws.md, "Larger than a function", says what a task needs',
      cause: error,
    });
  }
}
