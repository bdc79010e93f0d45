import { expect, test } from 'vitest';
import { ownDrillPlace } from '../../support/world/drill-place.ts';
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
