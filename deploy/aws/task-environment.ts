import type { Environment } from '../../layers/settings/environment.ts';
import type { TaskName } from '../../layers/settings/functions.ts';
import { environmentOf, type FunctionEnvironment } from './functions.ts';
import { parameterValues } from './parameters.ts';

/** What only a function needs that starts tasks. */
const OF_STARTERS: readonly string[] = ['VERIFY_TASK', 'VERIFY_TASK_FROM_GB', 'RECOVERY_TASK'];

/**
 * The variables of a task: those of the function, and what a task has to know beside them.
 *
 * @param service - with the stage: `pgvouch-prod`
 */
export function taskEnvironment(name: TaskName, env: Environment, service: string): FunctionEnvironment {
  const ofFunction = Object.entries(environmentOf(name, env)).filter(([variable]) => !OF_STARTERS.includes(variable));
  const { VERIFY_TIMEOUT, RECOVERY_TIMEOUT } = parameterValues(env);
  return {
    ...Object.fromEntries(ofFunction),
    ...(name === 'verify' && VERIFY_TIMEOUT !== '' && { VERIFY_TIMEOUT: String(VERIFY_TIMEOUT) }),
    ...(name === 'recovery' && RECOVERY_TIMEOUT !== '' && { RECOVERY_TIMEOUT: String(RECOVERY_TIMEOUT) }),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation fills it in
    AWS_REGION: { 'Fn::Sub': '${AWS::Region}' },
    NOTIFY_FUNCTION: `${service}-notify`,
  };
}
