import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readDestination } from '../../../events/cli/destination.ts';

test('--to: the password is taken from where it is, the rest from the environment only where the URL is silent', async () => {
  const env = { POSTGRES_HOST: 'db', POSTGRES_USER: 'backup', POSTGRES_PASSWORD: 'configured' };
  const read = async (url: string, ownEnv = {}) => (await readDestination(url, { env, ownEnv })).target;
  expect((await read('postgres://u:p%40ss@h/x', { PGPASSWORD: 'env' })).password).toBe('p@ss');
  expect((await read('postgres://u@h/x', { PGPASSWORD: 'env' })).password).toBe('env');
  expect((await read('postgres://backup@db/x')).password).toBe('configured');
  expect((await read('postgres://backup@db:5433/x')).password).toBeUndefined();
  expect((await read('postgres://other@db/x')).password).toBeUndefined();
  expect((await read('postgres://u@h/x', { PGSSLMODE: 'require' })).sslMode).toBe('require');
  expect((await read('postgres://u@h/x?sslmode=disable', { PGSSLMODE: 'require' })).sslMode).toBe('disable');
  await expect(read('postgres://u@h')).rejects.toThrow('does not name a database');
});

test('--to: the configured password may stand in a file', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-destination-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'password');
  writeFileSync(file, 'from the file\n');
  const env = { POSTGRES_HOST: 'db', POSTGRES_USER: 'backup', POSTGRES_PASSWORD_FILE: file };
  const read = async (url: string) => (await readDestination(url, { env, ownEnv: {} })).target.password;
  expect(await read('postgres://backup@db/x')).toBe('from the file');
  expect(await read('postgres://other@db/x')).toBeUndefined();
});
