import { configurationProblems } from '../../functions/configuration.ts';
import type { Environment } from '../../layers/settings/environment.ts';
import { FUNCTION_NAMES, type FunctionName, functionNames, TASKS } from '../../layers/settings/functions.ts';
import { wholeSecretArn } from '../../layers/settings/shapes.ts';
import { type Deployment, filledIn } from './deployment.ts';
import { fargateOf, fargateProblems } from './fargate.ts';
import { environmentOf, type FunctionEnvironment, variablesOf } from './functions.ts';
import { databaseSecrets, databasesOf, PARAMETERS, parameterValues } from './parameters.ts';
import { rdsProblems } from './rds.ts';
import { refreshProblems, refreshSecrets } from './refreshes.ts';
import { scheduleProblems } from './schedules.ts';
import { taskEnvironment } from './task-environment.ts';

/**
 * Everything that keeps these parameters from being deployed, one sentence each; empty if nothing does.
 * Values are not repeated: somebody may have put a password where an ARN belongs.
 */
export function parameterProblems(env: Environment, deployment: Deployment): string[] {
  const isSet = (name: string) => env[name] !== undefined && env[name] !== '';
  const missing = PARAMETERS.filter(
    ({ name, required, unless }) =>
      required !== undefined && !isSet(name) && !(unless && env[unless.name] === unless.value),
  );
  const malformed = PARAMETERS.flatMap(({ name, shape }) => {
    const issues = isSet(name) ? shape.safeParse(env[name]).error?.issues : undefined;
    return issues ? [{ name, problem: `${name} ${issues.map(({ message }) => message).join(', ')}` }] : [];
  });
  const inVpc = ['DUMP_SUBNET_IDS', 'DUMP_SECURITY_GROUP_IDS'].filter(isSet);
  const databases = databasesOf(env);
  // The functions are asked about what is left: nothing is refused twice.
  const unusable = [...missing, ...malformed].map(({ name }) => name);
  const bucket = bucketProblems(env, deployment);
  const usable = {
    ...env,
    ...standInsFor(unusable),
    ...(databases.problems.length > 0 && ANY_DATABASE),
    ...(bucket.length > 0 && { BACKUP_BUCKET: 'any' }),
  };
  return [
    ...missing.map(({ name, required }) => `${name} is not set (${required})`),
    ...malformed.map(({ problem }) => problem),
    ...(inVpc.length === 1 ? [`${inVpc[0]} is set alone: a VPC needs both subnets and security groups`] : []),
    ...databases.problems,
    ...concurrencyProblems(env),
    ...refreshProblems(env),
    ...bucket,
    ...(malformed.length === 0 ? [...fargateProblems(env), ...rdsProblems(env)] : []),
    ...secretProblems(usable, deployment),
    ...environmentProblems(usable, deployment),
    ...taskProblems(usable, deployment),
    ...scheduleProblems(usable, new Date()),
  ];
}

const ANY_DATABASE = { POSTGRES_DB: 'any', POSTGRES_DBS: undefined };

function standInsFor(names: readonly string[]): Environment {
  return Object.fromEntries(
    PARAMETERS.filter(({ name }) => names.includes(name)).map(({ name, required, secret }) => [
      name,
      required === undefined ? undefined : secret ? 'arn:aws:secretsmanager:any' : 'any',
    ]),
  );
}

function concurrencyProblems({ DUMP_CONCURRENCY, DUMP_RESERVED_CONCURRENCY }: Environment): string[] {
  if (!DUMP_CONCURRENCY || !DUMP_RESERVED_CONCURRENCY) return [];
  return ['DUMP_CONCURRENCY and DUMP_RESERVED_CONCURRENCY are both set and mean the same: keep one'];
}

/** The default name holds account, region and stage, and a bucket's name has at most 63 characters. */
function bucketProblems({ BACKUP_BUCKET }: Environment, { stage }: Deployment): string[] {
  if (BACKUP_BUCKET || /^[a-z0-9-]{0,17}[a-z0-9]$/.test(stage)) return [];
  return [
    'the stage must consist of at most 18 lower-case letters, digits and hyphens: it is part of the default name of the bucket. Or set BACKUP_BUCKET',
  ];
}

/** A function reads secrets where it runs. */
function secretProblems(env: Environment, { region }: Deployment): string[] {
  const ofAll = PARAMETERS.filter(({ secret }) => secret).map(({ name }) => ({ name, of: '', value: env[name] ?? '' }));
  const own = databaseSecrets(env).map((one) => ({ ...one, of: ` (database ${JSON.stringify(one.database)})` }));
  const ofThese = [...own, ...refreshSecrets(env)];
  const elsewhere = [...ofAll, ...ofThese].flatMap(({ name, of, value }) => {
    const place = value.split(':')[3] || region;
    return place === region || place === 'any' || !name.endsWith('_SECRET')
      ? []
      : [
          `${name} is a secret in ${place}, but the deployment is in ${region}: store it there, or let Secrets Manager replicate it${of}`,
        ];
  });
  const exposed = ofThese.flatMap(({ name, base, of, value }) => {
    if (name !== `${base}_SECRET`) return [`${base} must be in Secrets Manager: give its ARN (secretArn)${of}`];
    const { error } = wholeSecretArn.safeParse(value);
    return (error?.issues ?? []).map(({ message }) => `${name} ${message}${of}`);
  });
  return [...elsewhere, ...exposed];
}

// @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const MOST_ENVIRONMENT_BYTES = 4_096;

function environmentProblems(env: Environment, deployment: Deployment): string[] {
  const environments = Object.fromEntries(
    FUNCTION_NAMES.map((name) => [name, deployed(environmentOf(name, env), deployment)]),
  ) as Record<FunctionName, Record<string, string>>;
  const tooLarge = functionNames(parameterValues(env)).flatMap((name) => {
    const short = deployed(variablesOf(name, env).environment, deployment);
    const sizeBytes = Buffer.byteLength(JSON.stringify(short));
    return sizeBytes <= MOST_ENVIRONMENT_BYTES ? [] : [`${name} ${sizeBytes}`];
  });
  return [
    ...configurationProblems((name) => ({ ...environments[name], DRILL_FOLDER: '/tmp' })),
    ...(tooLarge.length === 0
      ? []
      : [
          `the environment variables take too many bytes (${tooLarge.join(', ')}), and Lambda allows ${MOST_ENVIRONMENT_BYTES} a function: shorten names, URLs and ARNs`,
        ]),
  ];
}

// Of a task definition. @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html
const MOST_DEFINITION_BYTES = 64 * 1_024;
/** What a definition has beside its variables takes less. */
const REST_BYTES = 4_096;

/** A task has no file beside its code. */
function taskProblems(env: Environment, deployment: Deployment): string[] {
  const fargate = fargateOf(env);
  if (fargate === undefined) return [];
  const tooLarge = TASKS.filter((name) => (name === 'dump' ? fargate.databases.length > 0 : fargate[name])).flatMap(
    (name) => {
      const variables = Object.entries(deployed(taskEnvironment(name, env, 'pgvouch'), deployment));
      const sizeBytes = Buffer.byteLength(JSON.stringify(variables.map(([Name, Value]) => ({ Name, Value }))));
      return sizeBytes + REST_BYTES <= MOST_DEFINITION_BYTES ? [] : [`${name} ${sizeBytes}`];
    },
  );
  if (tooLarge.length === 0) return [];
  return [
    `the variables of tasks take too many bytes (${tooLarge.join(', ')}), and ECS allows ${MOST_DEFINITION_BYTES} a task definition: back up some of the databases from another stage`,
  ];
}

function deployed(environment: FunctionEnvironment, deployment: Deployment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).map(([variable, value]) => [
      variable,
      filledIn(typeof value === 'string' ? value : value['Fn::Sub'], deployment),
    ]),
  );
}
