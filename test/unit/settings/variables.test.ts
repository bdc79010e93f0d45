import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parameterValues } from '../../../deploy/aws/parameters.ts';
import { AWS_VARIABLES } from '../../../layers/settings/aws-variables.ts';
import { readEnvironment } from '../../../layers/settings/environment.ts';
import type { Variable } from '../../../layers/settings/variable.ts';
import { GROUPS, isReadByFunctions, type SecretName, VARIABLES } from '../../../layers/settings/variables.ts';
import { AWS_PLACES, fillVariables, PLACES, placesIn } from '../../../layers/settings/variables-page.ts';
import { files, textOf } from '../house/files.ts';

const all: [string, Variable][] = [...Object.entries(VARIABLES), ...Object.entries(AWS_VARIABLES)];

describe('the table', () => {
  test.each(all)('%s: its default fits its shape', (name, { shape, default: fallback, onAws }) => {
    expect(name).toMatch(/^[A-Z][A-Z0-9_]+[A-Z]$/);
    if (fallback !== undefined) expect(shape.safeParse(fallback).success).toBe(true);
    // What CloudFormation fills in has no shape yet.
    const there = onAws?.default;
    if (there !== undefined && !String(there).includes('$')) {
      expect((onAws?.shape ?? shape).safeParse(String(there)).success).toBe(true);
    }
  });

  test('a name stands in one group, and has one entry', () => {
    const names = [...Object.values(GROUPS), AWS_VARIABLES].flatMap((group) => Object.keys(group));
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBe(all.length);
  });

  test('whatever is in it is read somewhere, by its name', () => {
    const code = files
      .filter((file) => !/-variables\.ts$/.test(file))
      .map(textOf)
      .join('\n');
    expect(Object.keys(VARIABLES).filter((name) => !code.includes(name))).toEqual([]);
  });

  test('functions get what they read, and the ARNs of secrets', () => {
    for (const name of ['DUMP_TIMEOUT', 'POSTGRES_PASSWORD_SECRET', 'METRICS_TOKEN', 'MINIO_SECRET_KEY_FILE']) {
      expect(isReadByFunctions(name), name).toBe(true);
    }
    for (const name of ['LOCAL_RETRY_DELAY', 'DUMP_TIMEOUT_SECRET', 'DUMP_TIMEOUT_FILE', 'EDITOR']) {
      expect(isReadByFunctions(name), name).toBe(false);
    }
  });
});

describe('reading', () => {
  const read = (env: Record<string, string>) => readEnvironment(env, 'the test');

  test('a value, a default, or nothing; an empty one is unset', () => {
    expect(read({ DUMP_TIMEOUT: '60' }).get('DUMP_TIMEOUT')).toBe(60);
    expect(read({ DUMP_TIMEOUT: '' }).get('DUMP_TIMEOUT')).toBe(900);
    expect(read({}).get('RETENTION_DAYS')).toBeUndefined();
    expect(read({ LOG_LEVEL: '' }).isSet('LOG_LEVEL')).toBe(false);
  });

  test('every problem at once, with the unit and without the value', () => {
    const reader = read({ DUMP_TIMEOUT: '9', KEEP_LAST: 's3cret' });
    reader.get('DUMP_TIMEOUT');
    reader.get('KEEP_LAST');
    reader.required('POSTGRES_HOST');
    expect(() => reader.done()).toThrow(
      'DUMP_TIMEOUT must be a whole number of seconds from 10 to 604800; ' +
        'KEEP_LAST must be a whole number from 0 to 36500; POSTGRES_HOST is not set',
    );
  });
});

describe('a secret', () => {
  const arn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:s-AbCdEf';
  const file = '/run/secrets/token';
  const names = Object.entries<Variable>(VARIABLES).flatMap(([name, { secret }]) =>
    secret ? [name as SecretName] : [],
  );

  /** Those that a URL would not fit. */
  const FORMS: Partial<Record<SecretName, string>> = {
    ...{ BACKUP_TELEGRAM_TOKEN: '123:abc', BACKUP_SMTP_URL: 'smtps://mail.example' },
    ...{ BACKUP_PAGERDUTY_KEY: 'abc', BACKUP_OPSGENIE_KEY: 'a-b' },
  };

  test.each(names)('%s is given, or its ARN or its file is', (name) => {
    const read = (ending: string, value: string) =>
      readEnvironment({ [`${name}${ending}`]: value }, 'the test').secret(name);
    const value = FORMS[name] ?? 'https://hooks.example/1';
    expect(read('', value)).toEqual({ name, value });
    expect(read('_SECRET', arn)).toEqual({ name, arn });
    expect(read('_FILE', file)).toEqual({ name, file });
    expect(readEnvironment({}, 'the test').secret(name)).toBeUndefined();
  });

  test.each<[Record<string, string>, string]>([
    [
      { METRICS_TOKEN: 'hunter2', METRICS_TOKEN_FILE: file },
      'METRICS_TOKEN and METRICS_TOKEN_FILE are both set: keep one',
    ],
    [
      { METRICS_TOKEN: 'hunter2', METRICS_TOKEN_SECRET: arn, METRICS_TOKEN_FILE: file },
      'METRICS_TOKEN and METRICS_TOKEN_SECRET and METRICS_TOKEN_FILE are all set: keep one',
    ],
    [{ METRICS_TOKEN_FILE: 'hunter2' }, 'METRICS_TOKEN_FILE must be the absolute path of a file'],
    [{}, 'METRICS_TOKEN is not set'],
  ])('%j: %s', (env, problem) => {
    const reader = readEnvironment(env, 'the test');
    reader.requiredSecret('METRICS_TOKEN');
    expect(reader.problems).toEqual([problem]);
  });
});

describe('the documentation', () => {
  const pageOf = (name: string) => readFileSync(path.resolve(import.meta.dirname, '../../../docs', name), 'utf8');

  test('configuration.md has every variable, as the table has it: npm run docs:variables writes it', () => {
    const page = pageOf('configuration.md');
    expect(placesIn(page)).toEqual(PLACES);
    expect(fillVariables(page)).toBe(page);
    for (const name of Object.keys(VARIABLES)) expect(page).toContain(`| \`${name}\` |`);
  });

  test('aws.md has every parameter, once, as the table has it: npm run docs:variables writes it', () => {
    const page = pageOf('aws.md');
    expect(placesIn(page)).toEqual(AWS_PLACES);
    expect(fillVariables(page)).toBe(page);
    const generated = AWS_PLACES.map((place) => fillVariables(`<!-- variables: ${place} -->\n<!-- end -->`)).join('');
    const named = Array.from(generated.matchAll(/(?<=\| |, |^)`([A-Z_]+)`(?=,| \||\.$)/gm), ([, name = '']) => name);
    expect(named.sort()).toEqual(
      Object.keys(parameterValues({}))
        .filter((name) => name !== 'POSTGRES_DBS') // stands above the tables, with POSTGRES_DB
        .sort(),
    );
  });

  test('a place for a group that there is not is refused', () => {
    expect(() => fillVariables('<!-- variables: nothing -->\n<!-- end -->')).toThrow(
      'no variables of the group nothing',
    );
  });
});
