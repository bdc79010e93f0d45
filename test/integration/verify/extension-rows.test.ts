import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DrillPlace } from '../../../functions/verify/scratch.ts';
import { manifestKey } from '../../../layers/backup/keys.ts';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import { startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { type CopyBackup, keepBackup } from '../../support/world/copied-backup.ts';
import { serverPlace } from '../../support/world/drill-place.ts';
import { restoreIt } from '../../support/world/restores.ts';
import { nameOf, type World, world } from '../../support/world/world.ts';

const fixtures = new URL('../../fixtures', import.meta.url).pathname;
let postgres: TestPostgres;
let backedUp: CopyBackup;

/** Of ext_settings, dumps hold what is above 100; of ext_units everything, CREATE EXTENSION's rows too. */
const SHOP = `
  CREATE EXTENSION shop_settings; INSERT INTO ext_settings VALUES (4), (101), (102);
  CREATE EXTENSION shop_units; INSERT INTO ext_units VALUES ('lb');
  ${['one', 'two', 'three'].map((name) => `CREATE TABLE ${name} AS SELECT md5(g::text) AS note FROM generate_series(1, 9000) g;`).join('')}`;

beforeAll(async () => {
  postgres = await startTestPostgres({ settings: { extension_control_path: `${fixtures}:$system` } });
  const here = await world({ postgres });
  await here.sql(SHOP);
  backedUp = await keepBackup(here, await here.dump());
}, 120_000);

afterAll(() => postgres?.end());

const SETTINGS = 'Table "public"."ext_settings" of the extension shop_settings';
const UNITS =
  'Table "public"."ext_units" of the extension shop_units could not be compared: it has 5 rows, of which the backup has 3, and the extension makes rows of its own.';
const LOST = `${SETTINGS} came back with 2 rows; the manifest says 3.`;

/** Has the manifest say that there was one more setting: then the archive has lost it. */
async function loseOne({ vault }: World, manifest: Manifest): Promise<void> {
  const tables = manifest.tables.map((table) => (table.name === 'ext_settings' ? { ...table, rows: 3 } : table));
  const Body = JSON.stringify({ ...manifest, tables });
  const Key = manifestKey(vault.prefix, nameOf(manifest));
  await vault.client.s3.send(new PutObjectCommand({ Bucket: vault.bucket, Key, Body }));
}

describe.each<[string, Partial<DrillPlace>]>([
  ['whole', {}],
  ['in pieces', { pieceBytes: 1_500_000 }],
])("rows of extensions' own tables, restored %s", (how, changes) => {
  const drillPlace = () => ({ ...serverPlace(postgres.target), ...changes });

  test('are counted; what the extension made itself is said to be uncompared', async () => {
    const { here, manifest } = await backedUp({ drillPlace: drillPlace() });
    const verdict = await here.verify(manifest);
    const pieces = how === 'whole' ? '' : ' in \\d pieces';
    expect(verdict).toMatchObject({
      verdict: 'restorable',
      reasons: [expect.stringMatching(`^Restored${pieces} and compared equal: 4 tables with 27002 rows`), UNITS],
    });
  });

  test('that are lost make a backup unrestorable', async () => {
    const { here, manifest } = await backedUp({ drillPlace: drillPlace() });
    await loseOne(here, manifest);
    await expect(here.verify(manifest)).rejects.toThrow(`unrestorable: ${LOST}`);
  });
});

test("a person's restore compares them, too", async () => {
  const { here, manifest } = await backedUp();
  expect(await restoreIt(here)).toMatchObject({ differences: [], uncompared: [UNITS] });
  await loseOne(here, manifest);
  expect(await restoreIt(here)).toMatchObject({ differences: [LOST], uncompared: [UNITS] });
});

test('a role that may not read them gets the rest, and a sentence about them', async () => {
  const { here } = await backedUp();
  const name = `app_${here.database}`;
  await postgres.sql('postgres', `CREATE ROLE "${name}" LOGIN PASSWORD 'x'`);
  await postgres.sql('postgres', `CREATE DATABASE "${name}" OWNER "${name}"`);
  await postgres.sql(
    name,
    'CREATE EXTENSION shop_settings; CREATE EXTENSION shop_units; GRANT SELECT ON ext_units TO PUBLIC',
  );
  await postgres.sql(name, 'ALTER TABLE ext_units ENABLE ROW LEVEL SECURITY');
  const target = { ...postgres.target, user: name, password: 'x' };
  const without = ['--no-owner', '--no-privileges'];
  const report = await restoreIt(here, { to: name, postgres: { ...postgres, target }, without });
  const subjects = [SETTINGS, 'Table "public"."ext_units" of the extension shop_units'];
  expect(report).toMatchObject({
    differences: [],
    uncompared: [
      ...subjects.map((subject) => `${subject} was not compared: the role may not read all of it.`),
      'Sequence "public"."ext_ids" was not compared: the role may not read it.',
    ],
  });
});
