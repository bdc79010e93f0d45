import type { Environment } from '../../layers/settings/environment.ts';
import {
  FUNCTIONS,
  type FunctionName,
  type FunctionSettings,
  functionNames,
  runtimeEnvironment,
} from '../../layers/settings/functions.ts';
import type { Variable } from '../../layers/settings/variable.ts';
import { VARIABLES } from '../../layers/settings/variables.ts';
import { taskOf } from './fargate.ts';
import { databaseSecrets, type ParameterValue, parameterName, parameterValues } from './parameters.ts';
import { deployedRefreshes, refreshSecrets } from './refreshes.ts';

type Parameters = Readonly<Record<string, ParameterValue>>;

/** What serverless.yml has of each function that there is, beside its handler, events, role and layers. */
export function functionDefinitions(env: Environment): Partial<Record<FunctionName, object>> {
  const parameters = parameterValues(env);
  return Object.fromEntries(
    functionNames(parameters).map((name) => [name, definitionOf(name, parameters, variablesOf(name, env).environment)]),
  );
}

function definitionOf(name: FunctionName, parameters: Parameters, environment: FunctionEnvironment): object {
  const { timeoutS, invoked }: FunctionSettings = FUNCTIONS[name];
  const size = (suffix: string) => parameters[`${name.toUpperCase()}_${suffix}`];
  const reserved = (name === 'dump' && parameters.DUMP_CONCURRENCY) || size('RESERVED_CONCURRENCY');
  return {
    timeout: timeoutS,
    memorySize: size('MEMORY_MB'),
    ephemeralStorageSize: size('STORAGE_MB'),
    ...(reserved !== '' && { reservedConcurrency: reserved }),
    ...invoked,
    environment,
  };
}

/** A value, or what CloudFormation makes one of. */
export type FunctionEnvironment = Readonly<Record<string, string | { readonly 'Fn::Sub': string }>>;

/** The variables that a function gets: those that it reads. libpq and others take an empty one for a value, so none is passed on. */
export function environmentOf(name: FunctionName, env: Environment): FunctionEnvironment {
  const parameters = parameterValues(env);
  const read = Object.entries<Variable>(VARIABLES).filter(([, { readBy }]) => readBy.includes(name));
  const variables = read.map(([variable, { secret, onAws }]) => {
    const parameter = parameterName(variable, { secret });
    // What has such a default CloudFormation fills in, in a value of one's own too.
    const filledIn = String(onAws?.default ?? '').includes('${');
    return { parameter, value: parameters[parameter] ?? '', filledIn };
  });
  const task = name === 'verify' || name === 'recovery' ? taskOf(name, env) : undefined;
  return {
    ...runtimeEnvironment(name),
    ...Object.fromEntries(
      variables
        .filter(({ value }) => value !== '')
        .map(({ parameter, value, filledIn }) => [parameter, filledIn ? { 'Fn::Sub': String(value) } : String(value)]),
    ),
    ...(task !== undefined && { [`${name.toUpperCase()}_TASK`]: task }),
    ...refreshVariables(name, env),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the framework fills it in
    ...(name === 'find' && { DUMP_FUNCTION: '${self:service}-${sls:stage}-dump' }),
  };
}

/** With its files where they are in the zip. */
function refreshVariables(name: FunctionName, env: Environment): Readonly<Record<string, string>> {
  const deployed = name === 'refresh' ? deployedRefreshes(env) : undefined;
  return deployed === undefined ? {} : { REFRESHES: deployed };
}

/** Bytes. A list of databases may have any length, and all variables of a function together may have 4 kB. */
const LONG = 256;

/** Where the variables of a function go. */
interface Variables {
  readonly environment: FunctionEnvironment;
  /** What is long: into a file beside the function's code. Undefined if nothing is. */
  readonly file: Readonly<Record<string, string>> | undefined;
}

/** Those that {@link environmentOf} has of a function, each in its place. What is filled in later stays in the environment. */
export function variablesOf(name: FunctionName, env: Environment): Variables {
  const all = Object.entries(environmentOf(name, env));
  const isLong = ([variable, value]: (typeof all)[number]) =>
    typeof value === 'string' &&
    Buffer.byteLength(value) > LONG &&
    !value.includes('${') &&
    variable !== 'PGSSLROOTCERT'; // bundle.cjs looks at it
  const long = all.filter(isLong);
  if (long.length === 0) return { environment: Object.fromEntries(all), file: undefined };
  const rest = all.filter((entry) => !isLong(entry));
  return {
    environment: { ...Object.fromEntries(rest), PGVOUCH_SETTINGS_FILE: `/var/task/${SETTINGS_NAME}` },
    file: Object.fromEntries(long) as Record<string, string>,
  };
}

/** What the file with long variables is called, at the root of a function's zip. */
export const SETTINGS_NAME = 'settings.json';

/** The ARNs of the secrets that a function reads, those of single databases and of refreshes too. */
export function secretsOf(name: FunctionName, env: Environment): string[] {
  const parameters = parameterValues(env);
  const isRead = (variable: string) => VARIABLES[variable as keyof typeof VARIABLES].readBy.some((one) => one === name);
  const ofAll = Object.entries<Variable>(VARIABLES)
    .filter(([variable, { secret }]) => secret && isRead(variable))
    .map(([variable]) => String(parameters[`${variable}_SECRET`] ?? ''));
  const own = databaseSecrets(env).flatMap(({ base, value }) => (isRead(base) ? [value] : []));
  const ofRefreshes = name === 'refresh' ? refreshSecrets(env).map(({ value }) => value) : [];
  return [...new Set([...ofAll, ...own, ...ofRefreshes])].filter((arn) => arn !== '');
}
