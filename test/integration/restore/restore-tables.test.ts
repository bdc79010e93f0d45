import { expect, test } from 'vitest';
import { contentsOf } from '../../support/world/contents.ts';
import { backedUp, restoreIt } from '../../support/world/restores.ts';
import { world } from '../../support/world/world.ts';

test('single tables: only their rows, in a schema that is made for them', async () => {
  const here = await backedUp();
  const report = await restoreIt(here, { tables: ['customers'] });
  expect(report).toMatchObject({ differences: [], tables: ['public.customers'], compared: { tables: 1, rows: 3 } });
  expect(Object.keys(await contentsOf(here.postgres, report.database))).toEqual(['customers']);

  // The type of one of its columns comes along, unless it is there: of another table nothing does.
  const orders = await restoreIt(here, { tables: ['sales.orders'] });
  expect(orders).toMatchObject({ differences: [], leftOut: [], compared: { tables: 1, rows: 30000 } });
  const again = { to: orders.database, clean: orders.database, tables: ['orders', 'customers'] };
  expect(await restoreIt(here, again)).toMatchObject({ differences: [], compared: { tables: 2, rows: 30003 } });
  const indexes = await here.postgres.sql(orders.database, `SELECT FROM pg_indexes WHERE schemaname = 'sales'`);
  expect(indexes).toEqual([]);

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

test('partitions by the hash of an enum come back together, and the hint says so of one alone', async () => {
  const here = await world();
  await here.sql(`CREATE TYPE kind AS ENUM ('cash', 'card', 'other');
    CREATE TABLE payment (id int, k kind) PARTITION BY HASH (k);
    CREATE TABLE payment_0 PARTITION OF payment FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE payment_1 PARTITION OF payment FOR VALUES WITH (MODULUS 2, REMAINDER 1);
    INSERT INTO payment SELECT g, (enum_range(NULL::kind))[1 + g % 3] FROM generate_series(1, 300) g`);
  await here.dump();
  const hint = expect.stringContaining(`--table 'payment_*' --complete`);
  await expect(restoreIt(here, { tables: ['payment_0'] })).rejects.toMatchObject({ name: 'DumpError', hint });
  const report = await restoreIt(here, { tables: ['payment_*'], complete: true });
  expect(report).toMatchObject({ differences: [], leftOut: [], compared: { rows: 300 } });
});

test('complete tables: with all that is theirs, and what that needs; what needs other tables is left out and told', async () => {
  const here = await world();
  await here.sql(`
    CREATE SCHEMA shop; CREATE TYPE public.mood AS ENUM ('good', 'bad');
    CREATE FUNCTION public.stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TABLE public.customers (id int PRIMARY KEY); INSERT INTO public.customers VALUES (1);
    CREATE TABLE shop.orders (id serial PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY, note text CHECK (note <> ''),
      how public.mood DEFAULT 'good', customer int REFERENCES public.customers);
    INSERT INTO shop.orders (note, customer) SELECT 'x', 1 FROM generate_series(1, 7);
    CREATE INDEX ON shop.orders (note); COMMENT ON COLUMN shop.orders.note IS 'what';
    CREATE TRIGGER stamped BEFORE INSERT ON shop.orders FOR EACH ROW EXECUTE FUNCTION public.stamp();
    CREATE TABLE shop.line (of int REFERENCES shop.orders); INSERT INTO shop.line VALUES (1);
    CREATE TABLE shop.later (of int REFERENCES shop.orders);
    CREATE TABLE public.event (at date PRIMARY KEY, id serial) PARTITION BY RANGE (at);
    CREATE TABLE public.event_1 PARTITION OF public.event FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
    INSERT INTO public.event VALUES ('2025-06-01')`);
  await here.dump();
  const tables = ['shop.orders', 'line', 'event_1'];
  const { database, differences, leftOut } = await restoreIt(here, { tables, complete: true });
  expect({ differences, leftOut }).toEqual({
    differences: [],
    leftOut: ['FK CONSTRAINT orders orders_customer_fkey: needs TABLE public.customers'],
  });
  const facts = `
    SELECT 'index ' || indexrelid::regclass AS fact FROM pg_index i JOIN pg_class c ON c.oid = indrelid WHERE relnamespace IN ('shop'::regnamespace, 'public'::regnamespace)
    UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || conname FROM pg_constraint WHERE contype <> 'n' AND conrelid <> 0
    UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'default ' || adrelid::regclass || ' ' || pg_get_expr(adbin, adrelid) FROM pg_attrdef
    UNION ALL SELECT 'sequence ' || seqrelid::regclass || ' ' || coalesce(pg_sequence_last_value(seqrelid), 0) FROM pg_sequence
    UNION ALL SELECT 'partition ' || inhrelid::regclass FROM pg_inherits
    UNION ALL SELECT 'comment ' || description FROM pg_description WHERE objoid = 'shop.orders'::regclass ORDER BY 1`;
  const before = (await here.sql<{ fact: string }>(facts)).filter(({ fact }) => !/customer|later/.test(fact));
  expect(await here.postgres.sql(database, facts)).toEqual(before);
  expect(before.length).toBeGreaterThan(14);
  // In place, in one transaction, with what is only needed left as it is.
  expect(await restoreIt(here, { tables, complete: true, to: database, clean: database })).toMatchObject({
    differences,
  });
  expect(await here.postgres.sql(database, facts)).toEqual(before);
});
