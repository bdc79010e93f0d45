import { AWS_VARIABLES } from '../../layers/settings/aws-variables.ts';
import { readDatabases } from '../../layers/settings/databases.ts';
import { type Environment, readEnvironment } from '../../layers/settings/environment.ts';
import { type Shape, wholeSecretArn } from '../../layers/settings/shapes.ts';
import type { Variable } from '../../layers/settings/variable.ts';
import { VARIABLES } from '../../layers/settings/variables.ts';

/** `''` where it is not set and its reader has a default. */
export type ParameterValue = string | number;

interface Parameter {
  readonly name: string;
  readonly shape: Shape<unknown>;
  readonly required: string | undefined;
  readonly unset: ParameterValue;
}

/** Every parameter of serverless.yml: a variable of the deploying shell. Of a secret it is the ARN. */
const PARAMETERS: readonly Parameter[] = Object.entries<Variable>({ ...VARIABLES, ...AWS_VARIABLES }).flatMap(
  ([name, { shape, secret, onAws }]) =>
    onAws === undefined
      ? []
      : [
          {
            name: parameterName(name, { secret }),
            shape: secret ? wholeSecretArn : (onAws.shape ?? shape),
            required: onAws.required,
            unset: onAws.default ?? '',
          },
        ],
);

/** What a variable is called as a parameter. */
export function parameterName(name: string, { secret }: { readonly secret: true | undefined }): string {
  return secret ? `${name}_SECRET` : name;
}

/** The parameters by name, as the template and the functions get them; a bad one as it is, for {@link parameterProblems}. */
export function parameterValues(env: Environment): Readonly<Record<string, ParameterValue>> {
  const values = PARAMETERS.map(({ name, shape, unset }) => {
    const given = env[name];
    if (given === undefined || given === '') return [name, unset];
    const parsed = shape.safeParse(given);
    return [name, parsed.success ? written(parsed.data) : given];
  });
  const { names } = databasesOf(env);
  return { ...Object.fromEntries(values), POSTGRES_DBS: names.length === 0 ? '' : plainJson(names) };
}

/** The databases to back up, or why they cannot be read. */
export function databasesOf(env: Environment): {
  readonly names: readonly string[];
  readonly problems: readonly string[];
} {
  const read = readEnvironment(env, 'the deployment');
  const names = readDatabases(read);
  return { names: read.problems.length > 0 ? [] : names, problems: read.problems };
}

/**
 * Everything that keeps these parameters from being deployed, one sentence each; empty if nothing does.
 * Values are not repeated: somebody may have put a password where an ARN belongs.
 */
export function parameterProblems(env: Environment): string[] {
  const isSet = (name: string) => env[name] !== undefined && env[name] !== '';
  const missing = PARAMETERS.filter(({ name, required }) => required !== undefined && !isSet(name));
  const problems = missing.map(({ name, required }) => `${name} is not set (${required})`);
  for (const { name, shape } of PARAMETERS) {
    const issues = isSet(name) ? shape.safeParse(env[name]).error?.issues : undefined;
    if (issues) problems.push(`${name} ${issues.map(({ message }) => message).join(', ')}`);
  }
  if (env.PGSSLMODE?.startsWith('verify') && !isSet('PGSSLROOTCERT')) {
    problems.push('PGSSLMODE verifies the server, so PGSSLROOTCERT must name the certificates to verify it with');
  }
  if (isSet('RETENTION_DAYS') && isSet('KEEP_WITHIN_DAYS')) {
    problems.push('RETENTION_DAYS and KEEP_WITHIN_DAYS are both set and mean the same: keep one');
  }
  const inVpc = ['DUMP_SUBNET_IDS', 'DUMP_SECURITY_GROUP_IDS'].filter(isSet);
  if (inVpc.length === 1) problems.push(`${inVpc[0]} is set alone: a VPC needs both subnets and security groups`);
  return [...problems, ...databasesOf(env).problems];
}

/**
 * JSON in characters that neither serverless.yml (`${…}`) nor EventBridge (`<…>`) nor CloudFormation reads as theirs:
 * every other one as \uXXXX. It parses to the same value.
 */
export function plainJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\w\s"\\/:,.;()[\]+-]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function written(value: unknown): ParameterValue {
  return typeof value === 'number' ? value : String(value);
}
