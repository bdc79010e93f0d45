import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { connect } from '../../../layers/postgres/connect/connection.ts';
import { startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { world } from '../../support/world/world.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  const settings = { max_connections: '8', superuser_reserved_connections: '0', reserved_connections: '0' };
  // Autovacuum locks tables, too.
  postgres = await startTestPostgres({ settings: { ...settings, max_locks_per_transaction: '10', autovacuum: 'off' } });
});
afterAll(() => postgres?.end());

test('databases that are dumped at once, on a server without connections for all: each has its backup', async () => {
  const worlds = [await world({ postgres }), await world({ postgres }), await world({ postgres })];
  for (const here of worlds) await here.sql('CREATE TABLE t AS SELECT generate_series(1, 1000) AS id');

  const manifests = await Promise.all(worlds.map((here) => here.dump()));

  expect(manifests).toMatchObject(worlds.map(() => ({ tables: [{ rows: 1000 }] })));
});

test('a server that has no connection left for a while: the dump tries again', async () => {
  const here = await world({ postgres });
  const others = await Promise.all(
    Array.from({ length: 7 }, () => connect(postgres.target, 'postgres', 'application')),
  );

  const dumping = here.dump();
  dumping.catch(() => {});
  await vi
    .waitFor(() => expect(here.log.join('')).toContain('no connection left: trying again'), 60_000)
    .finally(() => Promise.all(others.map((other) => other.end())));

  expect(await dumping).toMatchObject({ database: here.database });
});

test('a server that never has a connection left: the hint says what to do, in time', async () => {
  const here = await world({ postgres });
  await here.sql("CREATE ROLE limited LOGIN PASSWORD 'x' CONNECTION LIMIT 1");
  const target = { user: 'limited', password: 'x' };

  // Its time is up once it has tried again, however long that takes.
  const usedMs = () => (here.log.join('').includes('no connection left: trying again') ? 100_000 : 0);
  const deadline = { signal: new AbortController().signal, remainingMs: 100_000, usedMs, clear: () => {} };

  await expect(here.dump(undefined, { target, deadline })).rejects.toMatchObject({
    name: 'DumpError',
    problem: expect.stringContaining('too many connections for role'),
    hint: expect.stringMatching(/max_connections.*CONNECTION LIMIT/),
  });
  expect(await here.keys()).toEqual([]);
});

test('more tables than the server has locks for: the error says what to set', async () => {
  const here = await world({ postgres });
  const tables = 900;
  for (let from = 0; from < tables; from += 100) {
    await here.sql(`DO $$ BEGIN FOR i IN ${from} .. ${from + 99} LOOP EXECUTE 'CREATE TABLE t' || i || ' (id int)';
      END LOOP; END $$`);
  }

  const error = await here.dump().catch((reason) => reason);

  // Where the last lock is taken is the server's matter; how many it needs, test/unit/backup/lock-room.test.ts says.
  expect(error).toMatchObject({
    name: 'DumpError',
    problem: expect.stringMatching(/SQLSTATE 53200|out of shared memory/),
    hint: expect.stringMatching(/max_locks_per_transaction.* and restart it/),
  });
  expect(await here.keys()).toEqual([]);
});
