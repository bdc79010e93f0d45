import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { connect } from '../../../layers/postgres/connect/connection.ts';
import { startTestPostgres } from '../../support/servers/postgres.ts';
import { type World, world } from '../../support/world/world.ts';

const orders = (rows: number) =>
  `CREATE TABLE orders AS SELECT g AS id, sha512(g::text::bytea) AS text FROM generate_series(1, ${rows}) g`;
/** So many that pg_dump is still busy with them when its first bytes come. */
const MANY = 80_000;

async function expectNothingLeft({ keys, unfinishedUploads }: World) {
  expect(await keys()).toEqual([]);
  expect(await unfinishedUploads()).toEqual([]);
}

/** The sessions that a dump has on its database now. */
async function sessionsOf({ postgres, database }: World, name: string): Promise<number[]> {
  const rows = await postgres.sql<{ pid: number }>(
    'postgres',
    `SELECT pid FROM pg_stat_activity WHERE datname = '${database}' AND application_name = '${name}' ORDER BY backend_start`,
  );
  return rows.map(({ pid }) => pid);
}

test('a lock that DDL holds is waited for, but not longer than allowed', async () => {
  const here = await world();
  await here.sql(orders(10));
  const holder = await connect(here.postgres.target, here.database, 'rival');
  await holder.query('BEGIN; ALTER TABLE orders ADD COLUMN more int');
  await expect(here.dump(undefined, { lockTimeoutMs: 300 })).rejects.toMatchObject({
    name: 'DumpError',
    problem: expect.stringContaining('55P03'),
    hint: expect.stringContaining('pg_locks'),
  });
  await expectNothingLeft(here);

  const patient = here.dump(undefined, { lockTimeoutMs: 60_000 });
  while ((await sessionsOf(here, 'pgvouch dump')).length < 2) await pause(5);
  await holder.query('COMMIT');
  await holder.end();
  expect((await patient).tables).toMatchObject([{ rows: 10 }]);
});

test('of two dumps of one database at once the second fails, to be tried again', async () => {
  const here = await world();
  await here.sql(orders(10));
  let second: Promise<unknown> | undefined;
  const first = here.dump(undefined, {
    firedAt: new Date('2026-11-22T02:00:00Z'),
    onStep: async () => {
      second ??= expect(here.dump()).rejects.toMatchObject({
        name: 'DumpError',
        problem: 'another dump of this database is running',
      });
      await second;
    },
  });
  await first;
  expect(second).toBeDefined();
  expect(await here.keys()).toHaveLength(3);
  await here.dump();
  expect(await here.keys()).toHaveLength(6);
});

describe('a session ended by an administrator', () => {
  test.each([
    { which: 'the one that guards', name: 'pgvouch dump', ended: [0], at: 'dumping' },
    { which: 'the one that exports the snapshot', name: 'pgvouch dump', ended: [1], at: 'relisted' },
    { which: 'that of pg_dump', name: 'pgvouch', ended: [0, 1], at: 'dumping' },
  ])('$which: an error, nothing left, and the next dump works', async ({ name, ended, at }) => {
    const here = await world();
    // pg_dump's own must still be at work when it is ended, however busy the machine is.
    const rows = name === 'pgvouch' ? 6 * MANY : MANY;
    await here.sql(orders(rows));
    let ending: Promise<unknown> | undefined;
    const end = async () => {
      const pids = (await sessionsOf(here, name)).filter((_, index) => ended.includes(index));
      await here.sql(`SELECT pg_terminate_backend(pid) FROM unnest('{${pids}}'::int[]) pid`);
    };
    const dumping = here.dump(undefined, {
      onStep: async (step) => {
        if (step !== at) return;
        ending = end();
        await ending;
      },
      onProgress: () => {
        if (at === 'dumping') ending ??= end();
      },
    });
    await expect(dumping).rejects.toMatchObject({
      name: 'DumpError',
      hint: expect.stringMatching(/session was ended|ended the connection/),
    });
    await ending;
    await expectNothingLeft(here);
    expect(await here.dump()).toMatchObject({ tables: [{ rows }] });
  });
});

test('a server that is killed midway: an error, and nothing left', async () => {
  const postgres = await startTestPostgres();
  const here = await world({ postgres });
  await here.sql(orders(MANY));
  let killed: Promise<void> | undefined;
  const onProgress = () => {
    killed ??= postgres.kill();
  };
  await expect(here.dump(undefined, { onProgress })).rejects.toMatchObject({
    name: 'DumpError',
    hint: expect.stringMatching(/restarted|was stopped/),
  });
  await killed;
  await expectNothingLeft(here);
  await expect(here.dump()).rejects.toMatchObject({
    name: 'DumpError',
    hint: expect.stringContaining('nothing is listening'),
  });
  await postgres.end();
});

test('a dump that is over leaves no session and no lock behind', async () => {
  const here = await world({ pgDump: 'pg_dump-dies-midway' });
  await here.sql('CREATE TABLE orders (id int)');
  await expect(here.dump()).rejects.toThrow();
  for (const name of ['pgvouch dump', 'pgvouch']) {
    while ((await sessionsOf(here, name)).length > 0) await pause(5);
  }
  await here.sql('DROP TABLE orders');
});
