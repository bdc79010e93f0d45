import { expect, test } from 'vitest';
import { extensionShop, READINGS } from '../../support/world/extension-shop.ts';
import { restoreIt } from '../../support/world/restores.ts';
import { world } from '../../support/world/world.ts';

const shop = extensionShop();

test(
  'a database with pgvector, PostGIS, TimescaleDB, pg_cron and pg_partman is restorable, and no job of it fires in the drill',
  () => shop.expectToBeProved(),
  400_000,
);

test('Debian’s TimescaleDB makes no job', async () => {
  const here = await world({ postgres: shop.server });
  await here.sql(
    "CREATE EXTENSION timescaledb; CREATE PROCEDURE act(job_id int, config jsonb) LANGUAGE sql AS 'SELECT'",
  );
  await expect(here.sql("SELECT add_job('act', '1 second')")).rejects.toMatchObject({
    code: '0A000',
    message: 'function "add_job" is not supported under the current "apache" license',
  });
});

test('and so it is in pieces', () => shop.expectToBeProved({ pieceBytes: 1_500_000 }), 400_000);

test('a person’s restore does for TimescaleDB what a drill does; over a database that holds something it is refused', async () => {
  const series = await world({ postgres: shop.server });
  await series.sql(
    `CREATE SCHEMA tools; CREATE EXTENSION timescaledb SCHEMA tools; SET search_path = public, tools; ${READINGS}`,
  );
  await series.dump();
  const remarks: string[] = [];
  const onRemark = (text: string) => void remarks.push(text);
  const report = await restoreIt(series, { to: 'restored', jobs: 4, analyze: true, onRemark });
  expect(report).toMatchObject({ differences: [], leftOut: [], jobs: 1, analyzed: true });
  expect(remarks).toEqual(["! one job restores it: the tables of timescaledb need each other's rows"]);
  // It knows its chunks again, and goes on.
  const chunks = () => shop.server.sql('restored', "SELECT tools.show_chunks('public.readings')");
  const before = await chunks();
  await shop.server.sql('restored', "INSERT INTO readings VALUES (now() + interval '90 days', 1)");
  expect((await chunks()).length).toBe(before.length + 1);
  expect(before.length).toBeGreaterThan(3);
  await expect(restoreIt(series, { to: 'restored', clean: 'restored', lose: true })).rejects.toMatchObject({
    name: 'PolicyError',
    problem: expect.stringContaining('timescaledb, which can be restored only into an empty database'),
    hint: expect.stringMatching(/^nothing was changed; .*--create/),
  });
});
