import { expect, onTestFinished, test } from 'vitest';
import { startTestPostgres } from '../../support/servers/postgres.ts';
import { serverPlace } from '../../support/world/drill-place.ts';
import { extensionShop, READINGS } from '../../support/world/extension-shop.ts';
import { expectObstacle } from '../../support/world/proof.ts';
import { restoreIt } from '../../support/world/restores.ts';
import { world } from '../../support/world/world.ts';

const shop = extensionShop();

test(
  'a database with pgvector, PostGIS, TimescaleDB, pg_cron and pg_partman is restorable, and no job of it fires in the drill',
  () => shop.expectToBeProved(),
  400_000,
);

test('what Debian’s TimescaleDB refuses, jobs above all, is said of the extension', async () => {
  const here = await world({ postgres: shop.server });
  await here.sql(`CREATE EXTENSION timescaledb; ${READINGS}`);
  await here.sql("CREATE PROCEDURE act(job_id int, config jsonb) LANGUAGE sql AS 'SELECT'");
  for (const statement of [
    "SELECT add_job('act', '1 second')",
    "SELECT add_retention_policy('readings', interval '1 day')",
    'ALTER TABLE readings SET (timescaledb.compress)',
  ]) {
    const refused = await here.sql(statement).catch((error) => error);
    expect(refused).toMatchObject({ code: '0A000', message: expect.stringContaining('"apache" license') });
    expectObstacle(refused, 'extension');
  }
});

test('on a server of one’s own that has not preloaded them, they are named, and the rest is proved', async () => {
  const own = await startTestPostgres({ installation: shop.installation });
  onTestFinished(() => own.end());
  for (const name of ['pg_cron', 'timescaledb']) {
    expectObstacle(await own.sql('postgres', `CREATE EXTENSION ${name}`).catch((error) => error), 'extension');
  }
  const here = await world({ postgres: shop.server, drillPlace: serverPlace(own.target) });
  await here.sql(
    `CREATE EXTENSION timescaledb; CREATE EXTENSION vector; ${READINGS} CREATE TABLE other AS SELECT 1 AS id`,
  );
  const verdict = await here.verify(await here.dump());
  expect(verdict).toMatchObject({ verdict: 'readable' });
  expect(verdict?.reasons.join(' ')).toContain('The scratch server lacks the extension timescaledb');
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
