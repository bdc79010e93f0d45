import * as z from 'zod';
import { ConfigError } from './errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads variables one by one and collects every problem, so that a deployment is told all of them at once.
 *
 * What `get` returns for a bad variable is never seen: {@link EnvironmentReader.done} throws first.
 */
export interface EnvironmentReader {
  /** An empty string counts as unset: that is what templates leave behind. */
  get<T>(name: string, schema: z.ZodType<T, string | undefined>): T;
  problem(text: string): void;
  /** @throws {@link ConfigError} with every problem, each naming its variable */
  done(): void;
}

/** @param purpose - whose configuration it is, for the message: `dump` */
export function readEnvironment(env: Environment, purpose: string): EnvironmentReader {
  const problems: string[] = [];
  return {
    get<T>(name: string, schema: z.ZodType<T, string | undefined>): T {
      const value = env[name] === '' ? undefined : env[name];
      const parsed = schema.safeParse(value);
      if (parsed.success) return parsed.data;
      const why = value === undefined ? 'is not set' : parsed.error.issues.map(messageOf).join(', ');
      problems.push(`${name} ${why}`);
      return undefined as T;
    },
    problem(text) {
      problems.push(text);
    },
    done() {
      if (problems.length === 0) return;
      throw new ConfigError({
        operation: 'read configuration of',
        subject: purpose,
        problem: problems.join('; '),
        hint: 'the README has a table of all variables',
      });
    },
  };
}

/** Of several ways to be right the first is the one to tell of: zod itself would say "Invalid input". */
function messageOf(issue: z.core.$ZodIssue): string {
  const first = issue.code === 'invalid_union' ? issue.errors[0]?.[0] : undefined;
  return first === undefined ? issue.message : messageOf(first);
}

/** A required text. */
export const text = z.string();

/** A whole number within bounds. The message never repeats the value: a password may stand in the wrong variable. */
export function wholeNumber(min: number, max: number, fallback?: number): z.ZodType<number, string | undefined> {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message)
    .or(z.undefined().transform((_, context) => fallback ?? missing(context)));
}

function missing(context: z.RefinementCtx): number {
  context.addIssue('is not set');
  return 0;
}

/** An http or https URL. */
export const url = z
  .url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })
  .transform((value) => value.replace(/\/+$/, ''));

/** A value that is given, or named by the ARN of the secret that holds it; `arn` is read when it is needed. */
export type SecretSource =
  | { readonly name: string; readonly value: string }
  | { readonly name: string; readonly arn: string };

/** `NAME` or `NAME_SECRET` (a Secrets Manager ARN), not both; undefined if neither is set. */
export function secretSource(read: EnvironmentReader, name: string): SecretSource | undefined {
  const value = read.get(name, z.string().optional());
  const arn = read.get(
    `${name}_SECRET`,
    z
      .string()
      .regex(/^arn:[^:]+:secretsmanager:/, 'must be the ARN of a Secrets Manager secret')
      .optional(),
  );
  if (value !== undefined && arn !== undefined) read.problem(`${name} and ${name}_SECRET are both set: keep one`);
  if (arn !== undefined) return { name, arn };
  return value === undefined ? undefined : { name, value };
}
