import * as z from 'zod';

/** What a variable's text must look like, and what it is read as. No message repeats the text: it may be a password. */
export type Shape<T> = z.ZodType<T, string>;

/** How values are written in YAML and JSON, as JSON Schema, where that is not as their text is. */
const written = new WeakMap<object, JsonSchema>();

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Gives a shape the form that its values have in YAML and JSON. */
export function writtenAs<S extends Shape<unknown>>(schema: JsonSchema, shape: S): S {
  written.set(shape, schema);
  return shape;
}

/** What values of a shape look like in YAML and JSON: as it says, or text. */
export function jsonSchemaOf(shape: Shape<unknown>): JsonSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(shape, { io: 'input', unrepresentable: 'any', target: 'draft-7' });
  return written.get(shape) ?? schema;
}

/** Anything. */
export const anyText: Shape<string> = z.string();

/** Anything that is not empty, and does not begin with a space by mistake. */
export const text: Shape<string> = z.string().regex(/^\S/, 'must not be empty or begin with a space');

/** @param unit - where the variable's name does not say it: `seconds` */
export function wholeNumber(min: number, max: number, unit?: 'seconds'): Shape<number> {
  const message = `must be a whole number ${unit === undefined ? '' : `of ${unit} `}from ${min} to ${max}`;
  return writtenAs(
    { type: 'integer', minimum: min, maximum: max },
    z
      .string()
      .regex(/^\d{1,15}$/, message)
      .transform(Number)
      .refine((value) => value >= min && value <= max, message),
  );
}

/** One of some words. */
export function choice<const Words extends readonly [string, ...string[]]>(...words: Words): Shape<Words[number]> {
  return z.enum(words, words.length === 2 ? `must be ${words.join(' or ')}` : `must be one of ${words.join(', ')}`);
}

/** One of some numbers. */
export function numberOf(...numbers: readonly number[]): Shape<number> {
  const message = `must be one of ${numbers.join(', ')}`;
  return z
    .string()
    .refine((value) => numbers.map(String).includes(value), message)
    .transform(Number);
}

/** JSON of a certain form. */
export function jsonOf<T>(form: z.ZodType<T>): Shape<T> {
  const { $schema: _, ...schema } = z.toJSONSchema(form, { io: 'input', unrepresentable: 'any', target: 'draft-7' });
  return writtenAs(schema, z.string().transform(parseJson).pipe(form));
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Variables and their texts by what they are of. */
export type SettingsByName = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The same as JSON. */
export function settingsByName(message: string): Shape<SettingsByName> {
  return jsonOf(z.record(z.string().min(1), z.record(z.string(), z.string(message), message), message));
}

export const flag: Shape<boolean> = writtenAs(
  { type: 'boolean' },
  choice('true', 'false').transform((value) => value === 'true'),
);

/** A URL to post to: kept as it is, for what is behind it may be a token. */
export const secretUrl: Shape<string> = z.url({
  protocol: /^https?$/,
  error: 'must be an http:// or https:// URL',
});

/** An http or https URL, read without slashes at its end. */
export const url: Shape<string> = secretUrl.transform((value) => value.replace(/\/+$/, ''));

/** What is wrong with an expression that EventBridge would not take. */
export const NO_SCHEDULE =
  'must be cron(…) with six fields, such as cron(0 2 * * ? *), or rate(…), such as rate(1 hour)';

/** An expression of EventBridge's. Only its form: what is between the parentheses layers/schedule reads. */
export const schedule: Shape<string> = z.string().regex(/^(rate|cron)\([^()]+\)$/, NO_SCHEDULE);

/**
 * As a policy matches it: whole, with the six characters that Secrets Manager puts at its end. Services name theirs with
 * an exclamation mark: `rds!db-…`.
 */
export const wholeSecretArn: Shape<string> = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@!-]+-[A-Za-z0-9]{6}$/,
    'must be the full ARN of a Secrets Manager secret, with the six characters at its end',
  );

/** As Secrets Manager itself takes it. */
export const secretArn: Shape<string> = z
  .string()
  .regex(/^arn:[^:]+:secretsmanager:/, 'must be the ARN of a Secrets Manager secret');

/** The path of a file. Functions run in folders of their own, so no relative one means the same everywhere. */
export const absolutePath: Shape<string> = z.string().regex(/^\/[^\0]+$/, 'must be the absolute path of a file');

/** Names, separated by commas: `vector, postgis`. */
export function namesList(example: string): Shape<string> {
  return z.string().regex(/^[\w@.-]+(\s*,\s*[\w@.-]+)*$/, `must be names separated by commas, like ${example}`);
}

/** The names of such a list. */
export function namesIn(list: string): string[] {
  return list.split(',').flatMap((name) => name.trim() || []);
}
