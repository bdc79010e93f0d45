import { expect, test } from 'vitest';
import { readPostgresConfig } from '../../../layers/postgres/connect/config.ts';
import { regionOf } from '../../../layers/postgres/connect/rds-iam.ts';
import { readEnvironment } from '../../../layers/settings/environment.ts';

const RDS = {
  ...{ POSTGRES_AUTH: 'rds-iam', POSTGRES_HOST: 'shop.c0ffee.eu-west-3.rds.amazonaws.com', POSTGRES_USER: 'backup' },
  ...{ PGSSLMODE: 'verify-full', PGSSLROOTCERT: '/etc/rds.pem' },
};

test.each([
  ['shop.c0ffee.eu-west-3.rds.amazonaws.com', 'eu-west-3'],
  ['shop.cluster-ro-c0ffee.us-gov-west-1.rds.amazonaws.com', 'us-gov-west-1'],
  ['shop.c0ffee.rds.cn-north-1.amazonaws.com.cn', undefined],
  ['shop.c0ffee.cn-north-1.rds.amazonaws.com.cn', 'cn-north-1'],
  ['db.example.com', undefined],
  ['eu-west-3.rds.amazonaws.com.example', undefined],
])('the region of %s is %s', (host, region) => {
  expect(regionOf(host)).toBe(region);
});

test('a token is for the region of the endpoint, or else for AWS_REGION', () => {
  const regionFor = (env: Record<string, string>) =>
    readPostgresConfig(readEnvironment({ ...RDS, AWS_REGION: 'us-east-2', ...env }, 'the test')).rdsIam?.region;
  expect(regionFor({})).toBe('eu-west-3');
  expect(regionFor({ POSTGRES_HOST: 'db.example.com' })).toBe('us-east-2');
  expect(regionFor({ POSTGRES_AUTH: '' })).toBeUndefined();
});

test.each<[Record<string, string>, RegExp]>([
  [
    { POSTGRES_PASSWORD: 'hunter2', PGPASSFILE: '/f' },
    /makes the password itself: unset POSTGRES_PASSWORD and PGPASSFILE$/,
  ],
  [{ POSTGRES_PASSWORD_FILE: '/f' }, /makes the password itself: unset POSTGRES_PASSWORD_FILE$/],
  [{ PGSSLMODE: 'require' }, /needs PGSSLMODE=verify-full/],
  [{ PGSSLMODE: '', PGSSLROOTCERT: '' }, /needs PGSSLMODE=verify-full/],
  [{ PGCHANNELBINDING: 'require' }, /exclude each other/],
  [{ POSTGRES_HOST: '/run/postgresql' }, /needs RDS's endpoint in POSTGRES_HOST, not a socket/],
])('%j is refused: %s', (change, problem) => {
  const read = readEnvironment({ ...RDS, ...change }, 'the test');
  readPostgresConfig(read);
  expect(read.problems).toEqual([expect.stringMatching(problem)]);
  expect(read.problems.join()).not.toContain('hunter2');
});

test('PGSSLROOTCERT=system, as for an RDS Proxy, stands for verify-full', () => {
  const read = readEnvironment({ ...RDS, PGSSLMODE: '', PGSSLROOTCERT: 'system' }, 'the test');
  readPostgresConfig(read);
  expect(read.problems).toEqual([]);
});

test('the role of replication has its password', () => {
  const env = { ...RDS, REPLICATION_USER: 'archivist', REPLICATION_PASSWORD: 'pw' };
  const role = { user: 'REPLICATION_USER', password: 'REPLICATION_PASSWORD' } as const;
  expect(readPostgresConfig(readEnvironment(env, 'the test'), role)).toMatchObject({
    ...{ rdsIam: undefined, password: { value: 'pw' } },
  });
});
