import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { serverPlace } from './drill-place.ts';
import { verifyIn } from './drill-run.ts';
import { expectEqualDatabases } from './equal-databases.ts';
import { restoreIt } from './restores.ts';
import { type World, world } from './world.ts';

/** Values whose text, or whose reading, depends on settings. */
const CONTENTS = `
  CREATE TABLE texts (d date, ts timestamptz, i interval, b bytea, f float8, r float4, x xml, t text, a text[], n int[],
    w tstzrange, "Upper ""case""" text DEFAULT E'back\\\\slash ☃');
  INSERT INTO texts VALUES ('2026-03-04', '1880-03-04 05:06:07+00', '-1 mon +2 days -03:00', '\\x00ff5c', 1.0 / 3, 0.1,
    '<a/>', E'back\\\\slash ☃', ARRAY['x', NULL, 'NULL'], ARRAY[1, NULL], '[2026-03-04, 2026-05-06)'),
    ('infinity', '-infinity', '1 year', NULL, 'NaN', '-0', 'text, not a document', '', '{}', NULL, 'empty');
  CREATE FUNCTION slashes() RETURNS text LANGUAGE sql AS 'SELECT E''a\\\\b''';
  CREATE VIEW seen AS SELECT d, ts > '2020-01-01 00:00:00+00' AS late, i + '1 day' AS longer FROM texts WHERE t = '☃';
  CREATE MATERIALIZED VIEW written AS SELECT d::text AS d, i::text AS i, f::text AS f FROM texts`;

/** By name, where flipping or another choice is not it. */
const ODD: Readonly<Record<string, string>> = {
  IntervalStyle: 'sql_standard',
  TimeZone: 'Asia/Kolkata',
  client_encoding: 'LATIN1',
  extra_float_digits: '-15',
  search_path: 'nowhere, pg_catalog',
  statement_timeout: '1s',
  lock_timeout: '1s',
  transaction_timeout: '1s',
  idle_in_transaction_session_timeout: '1s',
  idle_session_timeout: '1s',
};
/** What reads or writes text, what decides on transactions, and what a session may be ended for. */
const CATEGORIES = '^(Client Connection Defaults|Version and Platform Compatibility|Error Handling|Preset|Developer)';

/** Every setting of the server that a role or a database can have and that may matter, with another value than it has. */
async function oddSettings({ sql }: World, dateStyle: string): Promise<string[]> {
  const rows = await sql<{ name: string; vartype: string; enumvals: string[] | null; value: string }>(
    `SELECT name, vartype, enumvals, setting AS value FROM pg_settings
      WHERE context IN ('user', 'superuser') AND category ~ '${CATEGORIES}'
        AND name !~ '^(log_|debug_|trace_|transaction_(deferrable|isolation|read)|allow_system|ignore_system|event_triggers)'
        AND (vartype IN ('bool', 'enum') OR name = ANY ('{${[...Object.keys(ODD), 'DateStyle'].join(',')}}'))`,
  );
  return rows.flatMap(({ name, vartype, enumvals, value }) => {
    const flipped = vartype === 'bool' ? (value === 'on' ? 'off' : 'on') : enumvals?.find((one) => one !== value);
    const odd = name === 'DateStyle' ? dateStyle : (ODD[name] ?? flipped);
    return odd === undefined ? [] : [`${name} = ${name === 'search_path' ? odd : `'${odd}'`}`];
  });
}

/** What settings can be of, and an order of dates to have there. */
const SETTINGS_OF = {
  'the database': 'German, DMY',
  'the role': 'SQL, DMY',
  'the role in the database': 'Postgres, MDY',
} as const;

/** Expects backup, drill and restore to be as ever where every setting of the database, or of its reader, is an odd one. */
export async function expectSettingsToNotMatter(on: keyof typeof SETTINGS_OF): Promise<void> {
  const here = await world();
  const role = `odd_${randomUUID().slice(0, 8)}`;
  const copy = `${here.database}_copy`;
  await here.sql(`CREATE ROLE ${role} SUPERUSER LOGIN PASSWORD 'x' VALID UNTIL '2031-02-03 04:05:06+00'`);
  await here.sql(`CREATE ROLE ${role}_other NOLOGIN`);
  await here.postgres.createDatabase(copy);
  await here.sql(CONTENTS);
  const plain = await here.dump(undefined, { fingerprints: true, firedAt: new Date(Date.now() - 60_000) });

  const settings = [...(await oddSettings(here, SETTINGS_OF[on])), `role = '${role}_other'`];
  expect(settings.length).toBeGreaterThan(35);
  for (const database of [here.database, copy, 'postgres']) {
    const whose = {
      'the database': database === 'postgres' ? '' : `DATABASE "${database}"`,
      'the role': `ROLE ${role}`,
      'the role in the database': `ROLE ${role} IN DATABASE "${database}"`,
    }[on];
    if (whose) await here.sql(settings.map((one) => `ALTER ${whose} SET ${one}`).join('; '));
  }
  const target = { ...here.postgres.target, user: role, password: 'x' };

  const manifest = await here.dump(undefined, { target, fingerprints: true });
  expect(manifest.tables).toEqual(plain.tables);
  expect((await here.vault.getText(manifest.globals.key)) ?? '').toContain("VALID UNTIL '2031-02-03 ");
  const verdict = await verifyIn(here, manifest, serverPlace(target), AbortSignal.timeout(100_000));
  expect(verdict).toMatchObject({ verdict: 'restorable' });
  const report = await restoreIt(here, { postgres: { ...here.postgres, target }, to: copy, create: false });
  expect(report.differences).toEqual([]);
  await here.sql(`ALTER DATABASE "${here.database}" RESET ALL; ALTER DATABASE "${copy}" RESET ALL`);
  // A view that holds the text of values holds what the database that it is restored into makes of it.
  await here.postgres.sql(copy, 'REFRESH MATERIALIZED VIEW written');
  await expectEqualDatabases(here.postgres, [here.database, copy], 18);
}
