import { afterAll, beforeAll, expect, test } from 'vitest';
import { pgvouch, variablesOf } from '../../support/servers/command-line.ts';
import { PASSWORD, startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { freshVault } from '../../support/world/world-vault.ts';

let postgres: TestPostgres;
let env: Record<string, string>;

beforeAll(async () => {
  postgres = await startTestPostgres();
  await postgres.sql(
    'postgres',
    `CREATE ROLE archivist LOGIN REPLICATION PASSWORD '${PASSWORD.replaceAll("'", "''")}'`,
  );
  const { vault } = await freshVault();
  const { POSTGRES_USER: _, POSTGRES_PASSWORD, ...rest } = variablesOf(vault, postgres.target);
  env = { ...rest, REPLICATION_USER: 'archivist', REPLICATION_PASSWORD: POSTGRES_PASSWORD ?? '' };
});
afterAll(() => postgres?.end());

test('a slot is made where the server limits what it keeps, shown, emptied and dropped', async () => {
  expect(await pgvouch(env, 'slot', 'show')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('no physical replication slot'),
  });
  expect(await pgvouch(env, 'slot', 'create')).toMatchObject({
    exitCode: 4,
    stderr: expect.stringContaining('max_slot_wal_keep_size'),
  });
  await postgres.sql('postgres', `ALTER SYSTEM SET max_slot_wal_keep_size = '1GB'`);
  await postgres.sql('postgres', 'SELECT pg_reload_conf()');
  expect(await pgvouch(env, 'slot', 'create')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('was made'),
  });
  expect(await pgvouch(env, 'slot', 'create')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/the server has a slot of this name already\n.*PITR_SLOT/),
  });

  const shown = await pgvouch(env, 'slot', 'show');
  expect(shown.stdout).toMatch(/^slot pgvouch keeps .* of WAL, from 0\/\w+ to 0\/\w+; at most 1GB$/m);
  expect(await pgvouch(env, 'slot', 'drop')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('was dropped'),
  });
  expect(await pgvouch(env, 'slot', 'drop')).toMatchObject({ exitCode: 2 });
});

test('without a limit only --without-limit makes one, and warns', async () => {
  await postgres.sql('postgres', 'ALTER SYSTEM RESET max_slot_wal_keep_size');
  await postgres.sql('postgres', 'SELECT pg_reload_conf()');
  expect(await pgvouch(env, 'slot', 'create', '--without-limit')).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining('fills the disk'),
  });
  expect((await pgvouch(env, 'slot', 'drop', '--json')).stdout).toContain('"limit": "-1"');
});
