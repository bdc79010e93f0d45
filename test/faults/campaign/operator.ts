import { randomUUID } from 'node:crypto';
import { parseFunctionFailed } from '../../../events/function-failed.ts';
import { notifyFailure } from '../../../functions/notify/notify-failure.ts';
import { PgvouchError, textOf } from '../../../layers/backup/errors.ts';
import { failureKey } from '../../../layers/backup/keys.ts';
import { PASSWORD } from '../../support/servers/postgres.ts';
import { notifyDeps } from '../../support/world/notify-deps.ts';
import type { Run } from './fault.ts';
import type { Place } from './place.ts';

/** A function's process that ended without an answer, as the platform tells of it. */
export class PlatformError extends Error {
  override readonly name = 'Runtime.ExitError';
}

/**
 * Does with failed runs what the platform does, which hands them to notify, and looks at what the operator then reads:
 * a failure record that says in words of ours what is wrong, without a stack trace and without a password.
 */
export async function tellOperator(
  { vault, here }: Place,
  runs: readonly Run[],
): Promise<{ told: string[]; untold: string[] }> {
  const told: string[] = [];
  const untold: string[] = [];
  for (const run of runs.filter(({ error }) => error !== undefined)) {
    const { name, message } = run.error instanceof Error ? run.error : new Error(String(run.error));
    const at = new Date();
    const event = {
      timestamp: at.toISOString(),
      requestContext: {
        requestId: randomUUID(),
        functionArn: `arn:aws:lambda:local:000000000000:function:${run.function}:$LATEST`,
        ...{ condition: 'RetriesExhausted', approximateInvokeCount: 3 },
      },
      requestPayload: { database: here.database },
      responsePayload: { errorType: name, errorMessage: message },
    };
    const deps = notifyDeps(vault, { databases: [here.database] }).deps;
    const record = await notifyFailure(deps, parseFunctionFailed(event));
    const text = await vault.getText(failureKey(vault.prefix, record.database, new Date(record.at)));
    const { type, problem, hint } = record.error;
    told.push(`${run.function}: ${type}: ${problem}${hint === undefined ? '' : ` (${hint})`}`);
    const ours = run.error instanceof PgvouchError || run.error instanceof PlatformError;
    if (!ours) untold.push(`${run.function} failed without a word of ours: ${name}: ${textOf(run.error)}`);
    if (text === undefined) untold.push(`${run.function} failed, and no record of it is there`);
    if (problem.trim() === '') untold.push(`${run.function} failed with an empty message`);
    if (/^ +at .*:\d+:\d+/m.test(problem)) untold.push(`${run.function} told a stack trace: ${problem}`);
    const said = `${text} ${here.log.join('')}`;
    if (said.includes(PASSWORD.slice(0, 6))) untold.push(`${run.function} told the password`);
  }
  return { told, untold };
}
