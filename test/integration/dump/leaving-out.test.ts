import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { connect } from '../../../layers/postgres/connect/connection.ts';
import { installationOf } from '../../support/servers/installations.ts';
import { startTestPostgres } from '../../support/servers/postgres.ts';
import { ownDrillPlace } from '../../support/world/drill-place.ts';
import { leaving, PARTED_SHOP } from '../../support/world/leaving.ts';
import { expectExactly, PATTERNS } from '../../support/world/leaving-exactly.ts';
import { restoreIt } from '../../support/world/restores.ts';
import { world } from '../../support/world/world.ts';

test('pg_dump 15 and 17: what is locked and counted is what they dump', async () => {
  const postgres = await startTestPostgres({ installation: await installationOf(15) });
  try {
    await expectExactly(await world({ postgres, majors: [15] }), PATTERNS.slice(1, 2));
    await expectExactly(await world({ postgres, majors: [17] }), PATTERNS.slice(3));
  } finally {
    await postgres.end();
  }
});

test('pg_dump 18: the same', async () => {
  await expectExactly(await world(), PATTERNS);
});

test('a schema that the role may not read is left out, and locked by nobody', async () => {
  const here = await world();
  const role = `role_${randomUUID().slice(0, 8)}`;
  await here.sql(`
    CREATE TABLE mine AS SELECT 1 AS id; CREATE SCHEMA provider;
    CREATE TABLE provider.migrations AS SELECT 1 AS id; CREATE SEQUENCE provider.s;
    CREATE TABLE archived AS SELECT 1 AS id;
    CREATE ROLE ${role} LOGIN PASSWORD 'x'; GRANT SELECT ON mine TO ${role}`);
  const locker = await connect(here.postgres.target, here.database);
  try {
    await locker.query('BEGIN; LOCK archived, provider.migrations IN ACCESS EXCLUSIVE MODE');
    const target = { user: role, password: 'x' };
    const whole = here.dump(undefined, { target });
    await expect(whole).rejects.toMatchObject({ hint: expect.stringContaining('DUMP_EXCLUDE_SCHEMA') });
    const selection = leaving({ EXCLUDE_SCHEMA: ['provider'], EXCLUDE_TABLE: ['public.a*'] });
    const manifest = await here.dump(undefined, { target, selection, lockTimeoutMs: 2_000 });
    expect(manifest.tables).toMatchObject([{ schema: 'public', name: 'mine', rows: 1 }]);
    expect(manifest.leftOut).toMatchObject({
      patterns: [{ variable: 'DUMP_EXCLUDE_SCHEMA', pattern: 'provider', matched: 1 }, { pattern: 'public.a*' }],
      schemas: ['provider'],
      relations: [{ schema: 'public', name: 'archived', kind: 'table' }],
      rows: [],
      needs: [],
    });
  } finally {
    await locker.end();
  }
});

test('a pattern that matches nothing is said, one that leaves nothing or cannot be read is refused', async () => {
  const here = await world();
  await here.sql('CREATE TABLE orders AS SELECT 1 AS id');
  const manifest = await here.dump(undefined, { selection: leaving({ EXCLUDE_TABLE: ['ordres'] }) });
  expect(manifest.leftOut).toMatchObject({ patterns: [{ pattern: 'ordres', matched: 0 }], schemas: [], relations: [] });
  const warning = here.log.map((line) => JSON.parse(line)).find(({ pattern }) => pattern === 'ordres');
  expect(warning).toMatchObject({
    level: 40,
    variable: 'DUMP_EXCLUDE_TABLE',
    msg: expect.stringContaining('matches nothing'),
  });

  const latin = `${here.database}_latin`;
  await here.postgres.sql('postgres', `CREATE DATABASE ${latin} TEMPLATE template0 ENCODING LATIN1 LOCALE 'C'`);
  const refused = [
    { patterns: { INCLUDE_TABLE: ['ordres', 'o.rders'] }, problem: 'nothing would be dumped' },
    { patterns: { EXCLUDE_TABLE: ['orders('] }, problem: 'parentheses' },
    { patterns: { EXCLUDE_TABLE: ['ü*'] }, problem: 'LATIN1', database: latin },
  ];
  const firedAt = new Date(Date.UTC(2026, 0, 1));
  for (const { patterns, problem, database } of refused) {
    const dump = here.dump(database, { selection: leaving(patterns), firedAt });
    await expect(dump).rejects.toMatchObject({ name: 'ConfigError', problem: expect.stringContaining(problem) });
  }
  expect(await here.keys()).toHaveLength(3);
});

test('a drill proves the rest, and says that it is a part', async () => {
  const here = await world({ drillPlace: ownDrillPlace() });
  await here.sql(PARTED_SHOP);
  const parts = [
    { EXCLUDE_SCHEMA: ['audit', 'ext'], EXCLUDE_TABLE: ['logs*', 'sales.lines'], EXCLUDE_TABLE_DATA: ['customers'] },
    { INCLUDE_TABLE: ['audit.*', 'logs*', '"Odd ""name""".*'] },
    { INCLUDE_SCHEMA: ['public', 'sales'], EXCLUDE_TABLE_DATA: ['sales.lines'] },
  ];
  for (const [index, patterns] of parts.entries()) {
    const firedAt = new Date(Date.UTC(2026, 0, 1 + index));
    const manifest = await here.dump(undefined, { selection: leaving(patterns), firedAt, fingerprints: true });
    expect(await here.verify(manifest), JSON.stringify(manifest.leftOut)).toMatchObject({
      verdict: 'restorable',
      reasons: [
        expect.stringMatching(/^Restored and compared equal/),
        expect.stringContaining('The backup is partial: '),
      ],
      drill: { compared: { tables: manifest.tables.length, largeObjects: index === 0 ? 1 : 0 } },
    });
  }
  // The newest creates the schema public, and puts an extension into a schema that it does not create.
  expect(await restoreIt(here)).toMatchObject({
    differences: [],
    partial: 'only schema public, sales; without rows of sales.lines',
    compared: { tables: 6, fingerprints: 6 },
  });
});

test('what needs what was left out is said at the dump, and by the verdict', async () => {
  const here = await world({ drillPlace: ownDrillPlace() });
  await here.sql(`${PARTED_SHOP}; CREATE TABLE child () INHERITS (customers); CREATE VIEW names AS SELECT name FROM customers;
    CREATE FUNCTION public.one() RETURNS sales.mood LANGUAGE sql AS $$ SELECT 'good'::sales.mood $$`);
  const broken = { EXCLUDE_TABLE: ['customers', 'logs'], EXCLUDE_TABLE_DATA: ['sales.orders'], EXCLUDE_SCHEMA: [] };
  const manifest = await here.dump(undefined, { selection: leaving(broken) });
  expect(manifest.leftOut?.needs).toEqual([
    { object: 'constraint lines_o_fkey on table sales.lines', of: 'the rows of table sales.orders' },
    { object: 'table public.child', of: 'table public.customers' },
    { object: 'table public.logs_1', of: 'table public.logs' },
    { object: 'table public.logs_2', of: 'table public.logs' },
    { object: 'view public.names', of: 'table public.customers' },
  ]);
  expect(here.log.map((line) => JSON.parse(line)).find(({ needs }) => needs)).toMatchObject({ level: 40, count: 5 });
  await expect(here.verify(manifest)).rejects.toThrow(
    /unrestorable.*The dump left out what its archive needs \(without table customers, logs; without rows of sales.orders\): constraint lines_o_fkey/s,
  );
});
