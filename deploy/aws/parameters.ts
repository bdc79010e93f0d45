import { type DatabasePatterns, listOf } from '../../layers/backup/database-patterns.ts';
import { AWS_VARIABLES, stackTags } from '../../layers/settings/aws-variables.ts';
import { readDatabases } from '../../layers/settings/databases.ts';
import { type Environment, readEnvironment } from '../../layers/settings/environment.ts';
import { baseNameOf } from '../../layers/settings/override.ts';
import { type Shape, wholeSecretArn } from '../../layers/settings/shapes.ts';
import type { AwsParameter, Variable } from '../../layers/settings/variable.ts';
import { VARIABLES } from '../../layers/settings/variables.ts';

/** `''` where it is not set and its reader has a default. */
export type ParameterValue = string | number;

interface Parameter {
  readonly name: string;
  /** Whether it is the ARN of a secret. */
  readonly secret: boolean;
  readonly shape: Shape<unknown>;
  readonly required: string | undefined;
  readonly unless: AwsParameter['unless'];
  readonly unset: ParameterValue;
}

/** Every parameter of serverless.yml: a variable of the deploying shell. Of a secret it is the ARN. */
export const PARAMETERS: readonly Parameter[] = Object.entries<Variable>({ ...VARIABLES, ...AWS_VARIABLES }).flatMap(
  ([name, { shape, secret, onAws }]) =>
    onAws === undefined
      ? []
      : [
          {
            name: parameterName(name, { secret }),
            secret: secret === true,
            shape: secret ? wholeSecretArn : (onAws.shape ?? shape),
            required: onAws.required,
            unless: onAws.unless,
            unset: onAws.default ?? '',
          },
        ],
);

/** What a variable is called as a parameter. */
export function parameterName(name: string, { secret }: { readonly secret: true | undefined }): string {
  return secret ? `${name}_SECRET` : name;
}

/** Seconds. */
const TASK_S = 12 * 3_600;

/** The parameters by name, as the template and the functions get them; a bad one as it is, for problems.ts. */
export function parameterValues(env: Environment): Readonly<Record<string, ParameterValue>> {
  const values = PARAMETERS.map(({ name, shape, unset }) => {
    const given = env[name];
    if (given === undefined || given === '') return [name, unset];
    const parsed = shape.safeParse(given);
    return [name, parsed.success ? written(parsed.data) : given];
  });
  const { list, finds } = databasesOf(env);
  const given = Object.fromEntries(values);
  // In a task the default would be no time at all.
  const inTasks = (name: 'DUMP' | 'BASE') =>
    given[`${name}_TIMEOUT`] === '' && String(given[`${name}_ON`]).includes('fargate');
  return {
    ...given,
    DUMP_CONCURRENCY: given.DUMP_CONCURRENCY || given.DUMP_RESERVED_CONCURRENCY || (finds ? 1 : ''),
    ...(inTasks('DUMP') && { DUMP_TIMEOUT: TASK_S }),
    ...(inTasks('BASE') && { BASE_TIMEOUT: TASK_S }),
    POSTGRES_DBS: list.length === 0 ? '' : plainJson(list),
  };
}

/** The databases to back up, or why they cannot be read. */
export function databasesOf(env: Environment): {
  /** As the functions get them: names, and patterns. */
  readonly list: readonly string[];
  /** Those of the names alone. */
  readonly names: readonly string[];
  /** Whether others are found on the server. */
  readonly finds: boolean;
  /** What else is found. */
  readonly patterns: DatabasePatterns | undefined;
  readonly problems: readonly string[];
} {
  const read = readEnvironment(env, 'the deployment');
  const { names, patterns } = readDatabases(read);
  if (read.problems.length > 0)
    return { list: [], names: [], finds: false, patterns: undefined, problems: read.problems };
  const list = patterns ? listOf(patterns) : names;
  return { list, names, finds: patterns !== undefined, patterns, problems: [] };
}

/** A secret that a database has of its own, as `DATABASE_SETTINGS` says it. */
interface DatabaseSecret {
  readonly database: string;
  /** `BACKUP_PING_URL_SECRET` */
  readonly name: string;
  /** `BACKUP_PING_URL` */
  readonly base: string;
  readonly value: string;
}

/** Those of all databases; none where they cannot be read. */
export function databaseSecrets(env: Environment): readonly DatabaseSecret[] {
  const settings = readEnvironment(env, 'the deployment').get('DATABASE_SETTINGS') ?? {};
  return Object.entries(settings).flatMap(([database, own]) =>
    Object.entries(own).flatMap(([name, value]) => {
      const base = baseNameOf(name);
      const { secret }: Partial<Variable> = VARIABLES[base as keyof typeof VARIABLES] ?? {};
      return secret ? [{ database, name, base, value }] : [];
    }),
  );
}

/** The tags of the stack; none where they are malformed, for problems.ts. */
export function tagsOf({ STACK_TAGS }: Environment): Readonly<Record<string, string>> {
  return stackTags.safeParse(STACK_TAGS).data ?? {};
}

/**
 * JSON whose strings have no character that serverless.yml (`${…}`), EventBridge (`<…>`) or CloudFormation (`{{…}}`) reads
 * as theirs: every other one as \uXXXX. It parses to the same value.
 */
export function plainJson(value: unknown): string {
  return JSON.stringify(value).replace(/"(?:[^"\\]|\\.)*"/g, (text) =>
    text.replace(/[^\w\s"\\/:,.;()[\]+-]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}

function written(value: unknown): ParameterValue {
  if (typeof value === 'number') return value;
  return typeof value === 'object' ? plainJson(value) : String(value);
}
