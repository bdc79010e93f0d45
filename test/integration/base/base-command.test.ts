import { afterAll, beforeAll, expect, test } from 'vitest';
import { pgvouch, variablesOf } from '../../support/servers/command-line.ts';
import { startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { type BaseWorld, baseWorld } from '../../support/world/base-world.ts';

let postgres: TestPostgres;
let here: BaseWorld;
let env: Record<string, string>;

beforeAll(async () => {
  postgres = await startTestPostgres({ settings: { full_page_writes: 'on' } });
  here = await baseWorld(postgres);
  const { POSTGRES_USER = '', POSTGRES_PASSWORD = '', ...rest } = variablesOf(here.vault, postgres.target);
  env = { ...rest, REPLICATION_USER: POSTGRES_USER, REPLICATION_PASSWORD: POSTGRES_PASSWORD };
});
afterAll(() => postgres?.end());

test('a base backup by hand says since when the cluster can be recovered; an increment that the server makes none of, why', async () => {
  const taken = await pgvouch(env, 'base', '--json');
  expect(taken.exitCode).toBe(0);
  expect(JSON.parse(taken.stdout)).toMatchObject({ outcome: 'stored', tablespaces: [{ file: 'base.tar.zst' }] });
  expect(await here.bases()).toContainEqual(expect.stringMatching(/base\.json$/));

  expect(await pgvouch(env, 'base')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^full base backup of cluster \d+: .* from \d{4}-\d\d-\d\d \d\d:\d\d UTC on$/m),
  });
  expect(await pgvouch(env, 'base', '--incremental')).toMatchObject({
    exitCode: 2,
    stdout: expect.stringContaining('no base backup was taken: increments need summarize_wal=on'),
  });
});
