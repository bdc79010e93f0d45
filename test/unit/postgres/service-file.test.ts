import { describe, expect, test } from 'vitest';
import { readPostgresConfig } from '../../../layers/postgres/connect/config.ts';
import { serviceIn } from '../../../layers/postgres/connect/service-file.ts';
import { readEnvironment } from '../../../layers/settings/environment.ts';

const FILE = `
# services
[shop-old]
host=old.example

[shop]
  host=db.example
port=5433
user=backup
password= p=w 
sslmode=require
sslmode=disable
dbname=shop
# a comment
[shop]
host=late.example
`;

test('a service, whole: the first entry counts, and the next section ends it', () => {
  expect(serviceIn(FILE, 'shop')).toEqual({
    problems: [],
    variables: {
      ...{ POSTGRES_HOST: 'db.example', POSTGRES_PORT: '5433', POSTGRES_USER: 'backup', POSTGRES_PASSWORD: ' p=w' },
      PGSSLMODE: 'require',
    },
  });
});

test.each([
  ['crm', FILE, 'it has no service [crm]'],
  ['shop', '[shop]\nhost', 'line 2 is not key=value'],
  ['shop', '[shop]\ngssencmode=disable', 'line 2 has gssencmode, which is not one of dbname, host, '],
  ['shop', '[shop]\nhunter2 is=the password', 'line 2 has a key, which is not one of dbname, host, '],
])('[%s] of %j: %s', (service, text, problem) => {
  const { problems } = serviceIn(text, service);
  expect(problems).toEqual([expect.stringContaining(problem)]);
  expect(problems.join()).not.toContain('hunter2');
});

describe('with variables', () => {
  test('half a service, or a file that is not there, is a problem', () => {
    const problemsOf = (env: Record<string, string>) => {
      const read = readEnvironment({ POSTGRES_HOST: 'h', POSTGRES_USER: 'u', ...env }, 'the test');
      readPostgresConfig(read);
      return read.problems;
    };
    expect(problemsOf({ PGSERVICE: 'shop' })).toEqual([
      expect.stringMatching(/^PGSERVICE is set without PGSERVICEFILE/),
    ]);
    expect(problemsOf({ PGSERVICEFILE: '/f' })).toEqual([
      expect.stringMatching(/^PGSERVICEFILE is set without PGSERVICE/),
    ]);
    const there = { PGSERVICE: 'shop', PGSERVICEFILE: '/nonexistent/services' };
    expect(problemsOf(there)).toEqual([expect.stringMatching(/^PGSERVICEFILE cannot be read: .*ENOENT/)]);
  });

  test('a variable wins, and so does any that stands for a secret', () => {
    const read = readEnvironment(
      { POSTGRES_PORT: '1', POSTGRES_PASSWORD_FILE: '/run/secrets/pw', POSTGRES_USER: '' },
      'x',
    );
    const both = read.or({ POSTGRES_PORT: '2', POSTGRES_PASSWORD: 'pw', POSTGRES_USER: 'u' });
    expect([both.get('POSTGRES_PORT'), both.get('POSTGRES_USER')]).toEqual(['1', 'u']);
    expect(both.secret('POSTGRES_PASSWORD')).toEqual({ name: 'POSTGRES_PASSWORD', file: '/run/secrets/pw' });
    both.problem('seen');
    expect(read.problems).toEqual(['seen']);
  });
});
