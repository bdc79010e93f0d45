import { describe, expect, test } from 'vitest';
import { serverPlace } from '../../support/world/drill-place.ts';
import { DRILLS, ownedShop } from '../../support/world/drill-run.ts';
import { sharedPostgres, type World, world } from '../../support/world/world.ts';

describe('as a role that is no superuser', () => {
  const LEFT_OUT = expect.stringMatching(
    /^Owners and privileges were left out: the role "driller_\w+" is not a superuser on the scratch server\.$/,
  );

  /** A world whose drills are held on the same server as such a role. */
  async function drilledBy(rights: string) {
    const postgres = await sharedPostgres();
    const user = `driller_${rights.replaceAll(' ', '_').toLowerCase()}`;
    await postgres.sql('postgres', `DROP ROLE IF EXISTS ${user}; CREATE ROLE ${user} LOGIN PASSWORD 'pw' ${rights}`);
    return world({ drillPlace: serverPlace({ ...postgres.target, user, password: 'pw' }) });
  }

  /** The role is not there when its backup is restored, as on another server. */
  async function forgetRole({ sql, database }: World) {
    await sql(`REASSIGN OWNED BY "${database}" TO postgres; DROP OWNED BY "${database}"; DROP ROLE "${database}"`);
  }

  test('who may make databases and roles: all but owners and privileges is proved', async () => {
    const here = await drilledBy('CREATEDB CREATEROLE');
    await here.sql(ownedShop(here.database));
    const manifest = await here.dump(here.database, { fingerprints: true });
    await forgetRole(here);
    expect(await here.verify(manifest)).toMatchObject({
      verdict: 'restorable',
      reasons: [expect.stringMatching(/^Restored and compared equal: 1 tables with 1000 rows/), LEFT_OUT],
      drill: { compared: { fingerprints: 1, largeObjects: 1 } },
    });
    expect(
      await here.sql(`${DRILLS} UNION ALL SELECT rolname FROM pg_roles WHERE rolname = '${here.database}'`),
    ).toEqual([]);
  });

  test('what only a superuser may make is named, the rest is proved', async () => {
    const here = await drilledBy('CREATEDB CREATEROLE');
    await here.sql(`
      CREATE TABLE t AS SELECT 1 AS a;
      ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
      CREATE MATERIALIZED VIEW shown AS SELECT * FROM t;
      CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
      CREATE EVENT TRIGGER watch ON sql_drop EXECUTE FUNCTION watch();
      CREATE PUBLICATION everything FOR ALL TABLES`);
    const manifest = await here.dump();
    expect(await here.verify(manifest)).toMatchObject({
      verdict: 'readable',
      reasons: [
        expect.stringMatching(/Not possible on the scratch server: must be superuser to create FOR ALL TABLES/),
        expect.stringMatching(/Not possible on the scratch server: permission denied to create event trigger/),
        expect.stringMatching(/Not possible on the scratch server: query would be affected by row-level security/),
        'Everything else was restored and compared equal.',
        LEFT_OUT,
      ],
    });
  });

  test('who may make no roles: readable where a policy names one', async () => {
    const here = await drilledBy('CREATEDB');
    await here.sql(ownedShop(here.database));
    const manifest = await here.dump();
    await forgetRole(here);
    expect(await here.verify(manifest)).toMatchObject({
      verdict: 'readable',
      reasons: [
        `Not possible on the scratch server: role "${here.database}" does not exist.`,
        expect.stringMatching(/^Other things compared unequal.*\(1\): .* 0 policies; the manifest says 1/),
        LEFT_OUT,
      ],
    });
  });

  test('who may not even make databases: no verdict, an alarm', async () => {
    const here = await drilledBy('NOCREATEDB');
    const manifest = await here.dump();
    await expect(here.verify(manifest)).rejects.toMatchObject({
      name: 'ConfigError',
      problem: expect.stringMatching(/permission denied to create database/),
    });
    expect((await here.keys()).filter((key) => key.includes('verdict'))).toEqual([]);
  });
});
