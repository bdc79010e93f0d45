import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DrillPlace } from '../../../functions/verify/scratch.ts';
import { manifestKey } from '../../../layers/backup/keys.ts';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import { obstaclesOf } from '../../../layers/backup/unproved.ts';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { quickInstallation } from '../../support/servers/quick-installation.ts';
import { type CopyBackup, keepBackup } from '../../support/world/copied-backup.ts';
import { loggingInstallation } from '../../support/world/drill-place.ts';
import { nameOf, type World, world } from '../../support/world/world.ts';
import { aSecondLater } from '../../support/world/world-retention.ts';

let drillPlace: DrillPlace;
beforeAll(() => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-drills-'));
  drillPlace = { installations: [quickInstallation(embeddedPostgres())], server: undefined, folder };
});
afterAll(() => rmSync(drillPlace.folder, { recursive: true, force: true }));

const SHOP = `
  CREATE ROLE "Clerk ""1""";
  CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL, total numeric CHECK (total >= 0), note text);
  INSERT INTO orders (at, total, note) SELECT now(), g, md5(g::text) FROM generate_series(1, 20000) g;
  CREATE INDEX ON orders (at);
  CREATE VIEW big AS SELECT * FROM orders WHERE total > 100;
  CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';
  CREATE TYPE span AS RANGE (subtype = float8);
  CREATE EXTENSION hstore;
  CREATE TABLE parent (a int, z text); CREATE TABLE child (z text, a int); ALTER TABLE child INHERIT parent;
  INSERT INTO child VALUES ('x', 1);
  ALTER TABLE orders ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
  CREATE POLICY own ON orders TO "Clerk ""1""" USING (true);
  ALTER TABLE parent OWNER TO "Clerk ""1""";
  SELECT lo_from_bytea(0, 'abc');`;

/** With fingerprints. */
let backedUp: CopyBackup;
beforeAll(async () => {
  const here = await world();
  await here.sql(SHOP.replaceAll('Clerk ""1""', `Clerk ""${here.database}""`));
  backedUp = await keepBackup(here, await here.dump(here.database, { fingerprints: true }));
});

/** Puts a changed manifest in place of the one that was written. */
async function rewrite({ vault }: World, manifest: Manifest, changes: Partial<Manifest>): Promise<Manifest> {
  const changed = { ...manifest, ...changes };
  const key = manifestKey(vault.prefix, nameOf(manifest));
  await vault.client.s3.send(new PutObjectCommand({ Bucket: vault.bucket, Key: key, Body: JSON.stringify(changed) }));
  return changed;
}

const nothingLeft = () => expect(readdirSync(drillPlace.folder)).toEqual([]);

test('a backup that restores to what was recorded is restorable, with the figures', async () => {
  const { installation, statements } = loggingInstallation();
  const { here, manifest } = await backedUp({ drillPlace: { ...drillPlace, installations: [installation] } });
  const verdict = await here.verify(manifest);
  expect(verdict).toMatchObject({
    verdict: 'restorable',
    reasons: [expect.stringContaining('3 tables with 20001 rows')],
    drill: {
      client: manifest.client.version,
      compared: { tables: 3, rows: 20001, sequences: 1, largeObjects: 1, fingerprints: 3 },
    },
  });
  expect(verdict?.drill?.serverVersion).toMatch(/^18\./);
  expect(manifest.objects.public).toMatchObject({
    tables: 3,
    indexes: 2,
    views: 1,
    functions: 1,
    policies: 1,
    constraints: 2,
  });
  // It has an extension, too. Several jobs empty the tables that they have made, which are then filled without WAL.
  expect(statements()).toContain('TRUNCATE TABLE ONLY public.orders');
  nothingLeft();
});

describe('unrestorable, though every byte is right', () => {
  test('rows, indexes, sequences, contents and large objects that are others than the manifest says: all are named', async () => {
    const { here, manifest } = await backedUp({ drillPlace });
    const { tables, objects, sequences } = manifest;
    await rewrite(here, manifest, {
      tables: tables.map((one) => ({
        ...one,
        ...(one.name === 'orders' && { rows: one.rows + 1 }),
        ...(one.name === 'child' && { fingerprint: '0'.repeat(32) }),
      })),
      objects: { ...objects, public: { ...objects.public, indexes: 3 } },
      sequences: sequences.map((one) => ({
        ...one,
        before: { lastValue: '7', isCalled: true },
        after: { lastValue: '9', isCalled: true },
      })),
      largeObjects: 2,
    });
    const { name, problem } = await here.verify(manifest).catch((error) => error);
    expect(name).toBe('VaultError');
    expect(problem).toMatch(/"orders" came back with 20000 rows; the manifest says 20001/);
    expect(problem).toMatch(/"child" came back with different contents/);
    expect(problem).toMatch(/"public" came back with 2 indexes; the manifest says 3/);
    expect(problem).toMatch(/came back as 20000, not between 7 and 9/);
    expect(problem).toMatch(/1 large objects; the manifest says 2/);
    expect((await here.keys()).filter((key) => key.includes('verdict'))).toEqual([
      expect.stringContaining('verdict-unrestorable'),
    ]);
    nothingLeft();
  });

  test('a constraint that its own rows break', async () => {
    const here = await world({ drillPlace });
    await here.sql(`
      CREATE TABLE t (a int); INSERT INTO t VALUES (1);
      ALTER TABLE t ADD CONSTRAINT c CHECK (a > 1) NOT VALID;
      UPDATE pg_constraint SET convalidated = true WHERE conname = 'c'`);
    const manifest = await here.dump();
    await expect(here.verify(manifest)).rejects.toMatchObject({
      problem: expect.stringMatching(/unrestorable.*violates check constraint|unrestorable.*violated by some row/s),
    });
    nothingLeft();
  });
});

describe('readable, with the reason', () => {
  test('an extension that the scratch server lacks', async () => {
    const { here, manifest } = await backedUp({ drillPlace });
    const extensions = [...manifest.source.extensions, { name: 'postgis', version: '3.5', schema: 'public' }];
    await rewrite(here, manifest, { source: { ...manifest.source, extensions } });
    expect(await here.verify(manifest)).toMatchObject({
      verdict: 'readable',
      reasons: [
        expect.stringMatching(/lacks the extension postgis 3\.5/),
        expect.stringMatching(/Everything else was restored and compared equal/),
      ],
    });
    nothingLeft();
  });

  test('a locale that the scratch server lacks', async () => {
    const { here, manifest } = await backedUp({ drillPlace });
    await rewrite(here, manifest, { source: { ...manifest.source, collate: 'xx_XX.UTF-8', ctype: 'xx_XX.UTF-8' } });
    expect(await here.verify(manifest)).toMatchObject({
      verdict: 'readable',
      reasons: [expect.stringMatching(/lacks the locale xx_XX/), expect.any(String)],
    });
  });

  test('no room on the disk', async () => {
    const { here, manifest } = await backedUp({ drillPlace });
    const tables = manifest.tables.map((table) => ({ ...table, sizeBytes: 1e15 }));
    await rewrite(here, manifest, { tables, source: { ...manifest.source, sizeBytes: 3e15 } });
    const verdict = await here.verify(manifest);
    expect(verdict).toMatchObject({
      verdict: 'readable',
      reasons: [expect.stringMatching(/"orders".* alone would need about [\d.]+ [MGP]B of disk/)],
    });
    expect(verdict && obstaclesOf(verdict)).toMatchObject([{ class: 'room' }]);
  });

  test('no scratch server of the major', async () => {
    const here = await world({ drillPlace: { ...drillPlace, installations: [] } });
    const manifest = await here.dump();
    expect(await here.verify(manifest)).toMatchObject({
      verdict: 'readable',
      reasons: [expect.stringMatching(/no scratch server of PostgreSQL 18 or newer/)],
    });
  });
});

test.each(['readable', 'unrestorable'])(
  'an old %s is tried once more when a person asks, and the new verdict counts',
  async (old) => {
    const { here, manifest } = await backedUp({ drillPlace });
    await here.vault.put(
      `pgvouch/${here.database}/${manifest.firedAt.slice(0, 19).replaceAll(':', '-')}Z/verdict-${old}.json`,
      JSON.stringify({
        format: 'pgvouch/verdict',
        formatVersion: 1,
        verdict: old,
        reasons: ['As it was once.'],
        verifiedAt: manifest.finishedAt,
        durationMs: 1,
        archiveKey: manifest.archive.key,
        sizeBytes: manifest.archive.sizeBytes,
        sha256: manifest.archive.sha256,
        client: manifest.client.version,
      }),
    );
    const found = await here.verify(manifest).catch((error) => error);
    expect(found).toMatchObject(
      old === 'readable'
        ? { verdict: old }
        : { hint: expect.stringMatching(/run `npx pgvouch verify` to try this backup again/) },
    );
    await aSecondLater();
    expect(await here.verify(manifest, true)).toMatchObject({ verdict: 'restorable' });
    expect(await here.verify(manifest)).toMatchObject({ verdict: 'restorable' });
  },
);
