import { expect, test } from 'vitest';
import { contentsOf } from '../../support/world/contents.ts';
import { backedUp, restoreIt } from '../../support/world/restores.ts';
import { world } from '../../support/world/world.ts';

test('single tables: only their rows, in a schema that is made for them', async () => {
  const here = await backedUp();
  const report = await restoreIt(here, { tables: ['customers'] });
  expect(report).toMatchObject({ differences: [], tables: ['public.customers'], compared: { tables: 1, rows: 3 } });
  expect(Object.keys(await contentsOf(here.postgres, report.database))).toEqual(['customers']);

  const fresh = restoreIt(here, { tables: ['sales.orders'] });
  // The type of one of its columns lies in another schema: the database it goes into must have it.
  await expect(fresh).rejects.toThrow(/type "public.mood" does not exist/);
  const target = await world();
  await target.sql(`CREATE TYPE public.mood AS ENUM ('good', 'bad')`);
  const into = { to: target.database, clean: target.database };
  const orders = await restoreIt(here, { ...into, tables: ['sales.orders'] });
  expect(orders).toMatchObject({ differences: [], compared: { tables: 1, rows: 30000 } });

  await expect(restoreIt(here, { tables: ['nothing'] })).rejects.toMatchObject({ name: 'ConfigError' });
});

test('a partitioned table by a pattern: its partitions, each a table of its own', async () => {
  const here = await world();
  await here.sql(`
    CREATE SCHEMA log; SET search_path = log;
    CREATE TABLE events (at date, note text) PARTITION BY RANGE (at);
    CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
    CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    CREATE TABLE other AS SELECT 1 AS a;
    INSERT INTO events VALUES ('2025-06-01', 'a'), ('2026-06-01', 'b'), ('2026-07-01', 'c')`);
  await here.dump();
  const refused = restoreIt(here, { tables: ['events'] });
  await expect(refused).rejects.toMatchObject({ name: 'ConfigError', hint: expect.stringContaining('partition') });

  const report = await restoreIt(here, { tables: ['events_*'] });
  expect(report).toMatchObject({ differences: [], compared: { tables: 2, rows: 3 } });
  const there = await here.postgres.sql(
    report.database,
    'SELECT oid::regclass FROM pg_class WHERE relname ~ $$^events$$',
  );
  expect(there).toEqual([{ oid: 'log.events_2025' }, { oid: 'log.events_2026' }]);
});
