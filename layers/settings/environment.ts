import { ConfigError } from '../backup/errors.ts';
import { readConnectionString } from './connection-string.ts';
import { absolutePath, type Shape, secretArn } from './shapes.ts';
import type { Variable } from './variable.ts';
import { type SecretName, secretNames, VARIABLES, type ValueOf, type VariableName } from './variables.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads variables one by one, each as its entry in the table says, and collects every problem, so that a deployment is
 * reported all at once. An empty variable counts as unset: that is what templates leave behind.
 *
 * What is returned for a bad variable is never seen: {@link EnvironmentReader.done} throws first.
 */
export interface EnvironmentReader {
  /** Its value, or its default; undefined if it has neither. */
  get<Name extends VariableName>(name: Name): ValueOf<Name>;
  /** The same, where it must be set. */
  required<Name extends VariableName>(name: Name): NonNullable<ValueOf<Name>>;
  /** The variable itself, the ARN in its `…_SECRET` or the path in its `…_FILE`, but one of them; undefined if none is set. */
  secret(name: SecretName): SecretSource | undefined;
  /** The same, where one of them must be set. */
  requiredSecret(name: SecretName): SecretSource | undefined;
  isSet(name: VariableName | `${SecretName}_SECRET` | `${SecretName}_FILE`): boolean;
  problem(text: string): void;
  /** The same reader, with values for what is not set. Of a secret, any of its variables that is set counts. */
  or(others: Environment): EnvironmentReader;
  /** Those so far. */
  readonly problems: readonly string[];
  /** @throws {@link ConfigError} with every problem, each naming its variable */
  done(): void;
}

/** A value that is given, or the secret or the file that holds it: those are read whenever the value is needed. */
export type SecretSource =
  | { readonly name: string; readonly value: string }
  | { readonly name: string; readonly arn: string }
  | { readonly name: string; readonly file: string };

/** @param purpose - whose configuration it is, for the message: `dump` */
export function readEnvironment(env: Environment, purpose: string): EnvironmentReader {
  const problems: string[] = [];
  return readerOf(withUrl(env, problems), purpose, problems);
}

/** With what `POSTGRES_URL` says, as the variables that it stands for. */
function withUrl(env: Environment, problems: string[]): Environment {
  if (!env.POSTGRES_URL) return env;
  try {
    const refuse = (problem: string) => new ConfigError({ operation: 'read', problem });
    const { variables, database } = readConnectionString(env.POSTGRES_URL, refuse);
    const named = Object.entries(variables).filter(([, value]) => value !== '');
    for (const [name] of named) {
      const other = secretNames(name).find((one) => env[one]);
      if (other) problems.push(`POSTGRES_URL contains what ${other} says: keep one`);
    }
    const chosen = env.POSTGRES_DB || env.POSTGRES_DBS || database === '' ? {} : { POSTGRES_DB: database };
    return { ...env, ...Object.fromEntries(named), ...chosen };
  } catch (error) {
    problems.push(`POSTGRES_URL cannot be used: ${(error as ConfigError).problem}`);
    return env;
  }
}

function readerOf(env: Environment, purpose: string, problems: string[]): EnvironmentReader {
  const textOf = (name: string) => (env[name] === '' ? undefined : env[name]);
  const parse = <T>(name: string, value: string | undefined, shape: Shape<T>): T | undefined => {
    if (value === undefined) return undefined;
    const parsed = shape.safeParse(value);
    if (parsed.success) return parsed.data;
    problems.push(`${name} ${parsed.error.issues.map(({ message }) => message).join(', ')}`);
    return undefined;
  };
  const get = <Name extends VariableName>(name: Name): ValueOf<Name> => {
    const { shape, default: fallback }: Variable = VARIABLES[name];
    return parse(name, textOf(name) ?? fallback, shape) as ValueOf<Name>;
  };
  const secret = (name: SecretName): SecretSource | undefined => {
    const value = get(name);
    const arn = parse(`${name}_SECRET`, textOf(`${name}_SECRET`), secretArn);
    const file = parse(`${name}_FILE`, textOf(`${name}_FILE`), absolutePath);
    const set = secretNames(name).filter((one) => textOf(one) !== undefined);
    if (set.length > 1) problems.push(`${set.join(' and ')} are ${set.length === 2 ? 'both' : 'all'} set: keep one`);
    if (arn !== undefined) return { name, arn };
    if (file !== undefined) return { name, file };
    return value === undefined ? undefined : { name, value };
  };
  return {
    get,
    required<Name extends VariableName>(name: Name) {
      if (textOf(name) === undefined) problems.push(`${name} is not set`);
      return get(name) as NonNullable<ValueOf<Name>>;
    },
    secret,
    requiredSecret(name) {
      if (secretNames(name).every((one) => textOf(one) === undefined)) problems.push(`${name} is not set`);
      return secret(name);
    },
    isSet: (name) => textOf(name) !== undefined,
    problem(text) {
      problems.push(text);
    },
    problems,
    or(others) {
      const missing = Object.entries(others).filter(([name]) =>
        secretNames(name).every((one) => textOf(one) === undefined),
      );
      return missing.length === 0 ? this : readerOf({ ...env, ...Object.fromEntries(missing) }, purpose, problems);
    },
    done() {
      if (problems.length === 0) return;
      throw new ConfigError({
        operation: 'read configuration of',
        subject: purpose,
        problem: problems.join('; '),
        hint: ALL_VARIABLES,
      });
    },
  };
}

/** The hint that goes with every problem. */
export const ALL_VARIABLES = 'docs/configuration.md has a table of all variables';
