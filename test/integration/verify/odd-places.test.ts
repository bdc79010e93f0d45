import { expect, test } from 'vitest';
import { ownDrillPlace } from '../../support/world/drill-place.ts';
import { restoreIt } from '../../support/world/restores.ts';
import { world } from '../../support/world/world.ts';

/** As after an upgrade of the system's libraries: the server compares with versions that are no longer there. */
const LIBRARIES_MOVED = (name: string) => `
  CREATE COLLATION german (provider = icu, locale = 'de');
  CREATE TABLE words (w text COLLATE german PRIMARY KEY); INSERT INTO words VALUES ('Äpfel'), ('Apfel'), ('Zebra');
  UPDATE pg_collation SET collversion = '1.0' WHERE collname = 'german';
  UPDATE pg_database SET datcollversion = '1.0' WHERE datname = '${name}'`;

/** In a tablespace of the server, by name and by default. */
const ELSEWHERE_ON_DISK = (name: string) => `
  CREATE TABLE kept (id int PRIMARY KEY USING INDEX TABLESPACE "${name} fast", price money) TABLESPACE "${name} fast";
  INSERT INTO kept SELECT g, g::money FROM generate_series(1, 100) g;
  ALTER DATABASE "${name}" SET default_tablespace = '${name} fast'`;

/** What the owner of a view, and of a materialized view, may see of a table. */
const SEEN_BY_SOME = (name: string) => `
  CREATE ROLE "${name} app"; CREATE ROLE "${name} eye"; CREATE SCHEMA s AUTHORIZATION "${name} app";
  CREATE TABLE s.orders AS SELECT generate_series(1, 10) AS id; ALTER TABLE s.orders OWNER TO "${name} app";
  ALTER TABLE s.orders ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
  CREATE POLICY few ON s.orders TO "${name} eye" USING (id < 4);
  CREATE POLICY own ON s.orders TO "${name} app" USING (id < 8);
  GRANT USAGE, CREATE ON SCHEMA s TO "${name} eye"; GRANT SELECT ON s.orders TO "${name} eye";
  CREATE VIEW s.of_eye AS TABLE s.orders; ALTER VIEW s.of_eye OWNER TO "${name} eye";
  CREATE VIEW s.of_reader WITH (security_invoker) AS TABLE s.orders; ALTER VIEW s.of_reader OWNER TO "${name} app";
  GRANT SELECT ON s.of_eye, s.of_reader TO "${name} app", "${name} eye";
  CREATE MATERIALIZED VIEW s.three AS TABLE s.of_eye; ALTER MATERIALIZED VIEW s.three OWNER TO "${name} app";
  CREATE MATERIALIZED VIEW s.seven AS TABLE s.of_reader; ALTER MATERIALIZED VIEW s.seven OWNER TO "${name} app";
  REFRESH MATERIALIZED VIEW s.three; REFRESH MATERIALIZED VIEW s.seven`;

test('other versions of collations, tablespaces, and views that show some rows: restorable, and they come back', async () => {
  const here = await world({ drillPlace: ownDrillPlace() });
  const name = here.database;
  await here.sql(SEEN_BY_SOME(name));
  await here.sql(`ALTER DATABASE "${name}" SET allow_in_place_tablespaces = on`);
  await here.sql(`CREATE TABLESPACE "${name} fast" LOCATION ''`);
  await here.sql(`ALTER DATABASE "${name}" RESET ALL`);
  await here.sql(ELSEWHERE_ON_DISK(name));
  await here.sql(LIBRARIES_MOVED(name));
  const manifest = await here.dump(name, { fingerprints: true });
  const moved = { text: expect.stringMatching(/^pg_dump warned: database .* has .* collation version/) };
  expect(manifest.remarks).toEqual([moved]);
  expect(await here.verify(manifest)).toMatchObject({
    verdict: 'restorable',
    reasons: [
      expect.stringMatching(/^Restored and compared equal: 3 tables with 113 rows/),
      expect.stringMatching(
        /^The scratch server sorts text by other versions: icu \S+ instead of 1\.0: "public"\."german"\.$/,
      ),
      moved.text,
    ],
  });

  const { database, ...report } = await restoreIt(here);
  expect(report).toMatchObject({ differences: [], leftOut: [] });
  const facts = `
    SELECT (SELECT count(*)::int FROM s.three) AS three, (SELECT count(*)::int FROM s.seven) AS seven,
           (SELECT spcname FROM pg_class c JOIN pg_tablespace t ON t.oid = reltablespace WHERE relname = 'kept') AS kept`;
  expect(await here.postgres.sql(database, facts)).toEqual([{ three: 3, seven: 7, kept: `${name} fast` }]);
  // A server keeps its tablespaces when its databases go.
  for (const gone of [name, database]) await here.postgres.sql('postgres', `DROP DATABASE "${gone}"`);
  await here.postgres.sql('postgres', `DROP TABLESPACE "${name} fast"`);
});
