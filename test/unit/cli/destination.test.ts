import { expect, test } from 'vitest';
import { readDestination } from '../../../events/cli/destination.ts';

test('--to: the password is taken from where it is, the rest from the environment only where the URL is silent', () => {
  const env = { POSTGRES_HOST: 'db', POSTGRES_USER: 'backup', POSTGRES_PASSWORD: 'configured' };
  const read = (url: string, ownEnv = {}) => readDestination(url, { env, ownEnv }).target;
  expect(read('postgres://u:p%40ss@h/x', { PGPASSWORD: 'env' }).password).toBe('p@ss');
  expect(read('postgres://u@h/x', { PGPASSWORD: 'env' }).password).toBe('env');
  expect(read('postgres://backup@db/x').password).toBe('configured');
  expect(read('postgres://backup@db:5433/x').password).toBeUndefined();
  expect(read('postgres://other@db/x').password).toBeUndefined();
  expect(read('postgres://u@h/x', { PGSSLMODE: 'require' }).sslMode).toBe('require');
  expect(read('postgres://u@h/x?sslmode=disable', { PGSSLMODE: 'require' }).sslMode).toBe('disable');
  expect(() => read('postgres://u@h')).toThrow('does not name a database');
});
