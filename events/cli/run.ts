import { Argument, Command } from 'commander';
import { invokeFunction } from '../../layers/lambda/invoke-function.ts';
import { createLogger } from '../../layers/log/logger.ts';
import type { Environment } from '../../layers/settings/environment.ts';
import { TASKS, type TaskName } from '../../layers/settings/functions.ts';
import { type Handler, runTask } from '../task/run-task.ts';
import { readTaskConfig } from '../task/task-config.ts';

/** As the host's and Lambda's own. */
const FIRST_DELAY_MS = 60_000;

/** What the platform gives a stopped task, less what telling takes. */
const CLEAR_UP_MS = 50_000;

/** Each reads its configuration when it is loaded. */
const HANDLERS: Readonly<Record<TaskName, () => Promise<{ readonly handler: unknown }>>> = {
  dump: () => import('../../functions/dump/handler.ts'),
  verify: () => import('../../functions/verify/handler.ts'),
  base: () => import('../../functions/base/handler.ts'),
  recovery: () => import('../../functions/recovery/handler.ts'),
};

/** How a command without a session is run: it gets what it needs, and gives its exit code. */
export type RunAlone = (
  work: (given: { readonly env: Environment; readonly stop: AbortSignal }) => Promise<number>,
  leaveMs: number,
) => Promise<void>;

/** `run`: what a task of ECS runs. */
export function functionCommand(run: RunAlone): Command {
  return new Command('run')
    .description('run a function on the event in PGVOUCH_EVENT, as a task on ECS does')
    .addArgument(new Argument('<function>', 'which').choices(TASKS))
    .addHelpText(
      'after',
      '\nIts log goes to stdout as JSON. Exit codes: 0 done, 5 failed and notify knows why, others failed',
    )
    .action((name: TaskName) =>
      run(async ({ env, stop }) => {
        const { event, notifyFunction, timeoutMs } = readTaskConfig(env, name);
        const load = async () => (await HANDLERS[name]()).handler as Handler;
        const tell = notifyFunction === undefined ? undefined : invokeFunction.bind(undefined, notifyFunction);
        const log = createLogger(env);
        return runTask({ name, load, event, timeoutMs, tell, firstDelayMs: FIRST_DELAY_MS, stop, log });
      }, CLEAR_UP_MS),
    );
}
