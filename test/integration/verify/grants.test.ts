import { expect, test } from 'vitest';
import { clusterBytes } from '../../../functions/verify/scratch.ts';
import { ownDrillPlace } from '../../support/world/drill-place.ts';
import { verifyIn } from '../../support/world/drill-run.ts';
import { restoreIt } from '../../support/world/restores.ts';
import { world } from '../../support/world/world.ts';

test('what a role granted on is granted in order, in the drill and in a restore by several jobs', async () => {
  const here = await world({ drillPlace: ownDrillPlace() });
  const name = here.database;
  // A long list of grants on the schema, the one that counts at its end: it is not there when the table's come.
  await here.sql(`CREATE SCHEMA s; CREATE TABLE s.t AS SELECT 1 AS id; CREATE ROLE "${name} reader";
    DO $$ BEGIN FOR i IN 1 .. 300 LOOP
      EXECUTE format('CREATE ROLE %I; GRANT USAGE ON SCHEMA s TO %1$I', '${name} ' || i);
    END LOOP; END $$;
    CREATE ROLE "${name} z"; GRANT USAGE ON SCHEMA s TO "${name} z"; GRANT SELECT ON s.t TO "${name} z" WITH GRANT OPTION;
    SET ROLE "${name} z"; GRANT SELECT ON s.t TO "${name} reader"`);
  expect(await here.verify(await here.dump())).toMatchObject({
    verdict: 'restorable',
    drill: { jobs: expect.toSatisfy((jobs) => jobs > 1) },
  });
  expect(await restoreIt(here, { jobs: 4 })).toMatchObject({ differences: [], leftOut: [] });
});

test('a materialized view whose owner reads by a grant is filled, also where there are extensions and no room for a file', async () => {
  const here = await world();
  const name = here.database;
  await here.sql(`CREATE EXTENSION hstore; CREATE ROLE "${name} app"; CREATE ROLE "${name} eye"; CREATE SCHEMA s;
    CREATE TABLE s.t AS SELECT 'a=>1'::hstore AS h; ALTER TABLE s.t OWNER TO "${name} app";
    GRANT USAGE, CREATE ON SCHEMA s TO "${name} eye"; GRANT SELECT ON s.t TO "${name} eye";
    CREATE MATERIALIZED VIEW s.seen AS TABLE s.t; ALTER MATERIALIZED VIEW s.seen OWNER TO "${name} eye"`);
  const manifest = await here.dump();
  const place = ownDrillPlace({ maxBytes: clusterBytes(manifest) + 1 });
  expect(await verifyIn(here, manifest, place, AbortSignal.timeout(100_000))).toMatchObject({
    ...{ verdict: 'restorable', reasons: [expect.stringMatching(/^Restored and compared equal/)] },
    drill: { jobs: 1 },
  });
});
