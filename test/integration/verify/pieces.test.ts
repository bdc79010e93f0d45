import { PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { DrillPlace } from '../../../functions/verify/scratch.ts';
import { type DrillProgress, parseDrillProgress } from '../../../layers/backup/drill-progress.ts';
import { drillKey, manifestKey } from '../../../layers/backup/keys.ts';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { startFunction } from '../../faults/campaign/function-process.ts';
import { type CopyBackup, keepBackup } from '../../support/world/copied-backup.ts';
import { expectNothingLeft, loggingInstallation, ownDrillPlace } from '../../support/world/drill-place.ts';
import { verifyIn } from '../../support/world/drill-run.ts';
import { nameOf, type World, world } from '../../support/world/world.ts';

/** Seven tables of about a megabyte, some that are small, and what ties them together or reads them. */
const SHOP = `
  CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL);
  INSERT INTO customers SELECT g, md5(g::text) FROM generate_series(1, 100) g;
  ${[1, 2, 3, 4]
    .map(
      (n) => `
  CREATE TABLE orders_${n} (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int REFERENCES customers, note text);
  INSERT INTO orders_${n} (customer, note) SELECT 1 + g % 100, md5(g::text) FROM generate_series(1, 6000) g;
  CREATE INDEX ON orders_${n} (note);`,
    )
    .join('')}
  ALTER TABLE orders_2 ADD FOREIGN KEY (id) REFERENCES orders_1 (id);
  CREATE TABLE lines (id int, part int, note text, PRIMARY KEY (id, part)) PARTITION BY LIST (part);
  CREATE TABLE lines_1 PARTITION OF lines FOR VALUES IN (1);
  CREATE TABLE lines_2 PARTITION OF lines FOR VALUES IN (2);
  CREATE FUNCTION sold(id int) RETURNS boolean IMMUTABLE LANGUAGE plpgsql
    AS 'BEGIN RETURN EXISTS (SELECT FROM public.lines WHERE lines.id = sold.id); END';
  ALTER TABLE orders_3 ADD CHECK (NOT sold(id)); CREATE INDEX ON orders_4 (sold(id));
  INSERT INTO lines SELECT g, 1 + g % 2, md5(g::text) FROM generate_series(1, 12000) g;
  CREATE TYPE kind AS ENUM ('a', 'b', 'c');
  CREATE TABLE kinds (kind kind) PARTITION BY HASH (kind);
  CREATE TABLE kinds_0 PARTITION OF kinds FOR VALUES WITH (MODULUS 2, REMAINDER 0);
  CREATE TABLE kinds_1 PARTITION OF kinds FOR VALUES WITH (MODULUS 2, REMAINDER 1);
  INSERT INTO kinds SELECT (enum_range(NULL::kind))[1 + g % 3] FROM generate_series(1, 300) g;
  CREATE MATERIALIZED VIEW by_customer AS SELECT customer, count(*) FROM orders_1 GROUP BY 1;
  CREATE UNIQUE INDEX ON by_customer (customer);
  CREATE SCHEMA sums; CREATE ROLE "ROLE"; GRANT CREATE, USAGE ON SCHEMA sums TO "ROLE"; GRANT SELECT ON orders_1 TO "ROLE";
  CREATE MATERIALIZED VIEW sums.owned AS SELECT count(*) FROM orders_1; ALTER TABLE sums.owned OWNER TO "ROLE";
  CREATE MATERIALIZED VIEW everything AS SELECT note FROM orders_1 UNION ALL SELECT note FROM lines;
  CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END';
  CREATE TRIGGER refuse BEFORE TRUNCATE ON orders_1 EXECUTE FUNCTION refuse();
  CREATE PUBLICATION sold FOR TABLE orders_1;
  COMMENT ON INDEX lines_pkey IS 'a comment';
  SELECT lo_from_bytea(0, 'abc'), lo_from_bytea(0, 'abcd');`;

const PIECE_BYTES = 2_500_000;
const never = new AbortController().signal;

interface BackedUp {
  readonly here: World;
  readonly place: DrillPlace;
  readonly manifest: Manifest;
}

async function backedUp(sql: string, fingerprints = false, changes: Partial<DrillPlace> = {}): Promise<BackedUp> {
  const place = ownDrillPlace({ pieceBytes: PIECE_BYTES, ...changes });
  const here = await world({ drillPlace: place });
  await here.sql(sql.replaceAll('ROLE"', `${here.database}"`));
  return { here, place, manifest: await here.dump(here.database, { fingerprints }) };
}

async function put({ vault }: World, key: string, document: object): Promise<void> {
  await vault.client.s3.send(new PutObjectCommand({ Bucket: vault.bucket, Key: key, Body: JSON.stringify(document) }));
}

async function progressOf({ vault }: World, manifest: Manifest): Promise<DrillProgress> {
  const key = drillKey(vault.prefix, nameOf(manifest));
  return parseDrillProgress((await vault.getText(key)) ?? '{}', key);
}

/** Verifies until so many pieces are proved; then time is up. */
async function verifyFor({ here, place, manifest }: BackedUp, pieces: number): Promise<void> {
  const time = new AbortController();
  const { vault } = here;
  const progress = drillKey(vault.prefix, nameOf(manifest));
  const put: Vault['put'] = async (key, ...body) => {
    await vault.put(key, ...body);
    const done = key === progress ? (await progressOf(here, manifest)).done : 0;
    if (done >= pieces) time.abort(new DOMException('time is up', 'TimeoutError'));
  };
  expect(await verifyIn({ ...here, vault: { ...vault, put } }, manifest, place, time.signal)).toBeUndefined();
  expect((await progressOf(here, manifest)).done).toBeGreaterThanOrEqual(pieces);
}

test('in pieces a database is restorable, and the verdict says what pieces cannot show; runs go on where the last one ended', async () => {
  const { installation, statements } = loggingInstallation();
  const backup = await backedUp(SHOP, true, { installations: [installation] });
  const { here, place, manifest } = backup;
  // Nothing is known of this archive: it begins anew.
  await put(here, drillKey(here.vault.prefix, nameOf(manifest)), { format: 'pgvouch/drill', formatVersion: 1 });
  await verifyFor(backup, 1);
  expectNothingLeft(place);
  expect((await here.keys()).filter((key) => key.includes('verdict'))).toEqual([]);

  const { port } = here.postgres.target;
  const drillOn = { DRILL: 'on', DRILL_FOLDER: place.folder, SCRATCH_POSTGRES_DIR: place.installations.join(':') };
  const event = { database: here.database, firedAt: manifest.firedAt.replaceAll(':', '-').replace('.000Z', 'Z') };
  const start = { name: 'verify', event, env: { ...drillOn, DRILL_PIECE_MB: '2' } } as const;
  const killed = startFunction({ here, postgres: here.postgres, postgresLine: { port } }, start);
  await vi.waitFor(async () => expect((await progressOf(here, manifest)).done).toBeGreaterThanOrEqual(2), {
    ...{ timeout: 60_000, interval: 50 },
  });
  killed.kill();
  await killed.ended;
  const { done, runs } = await progressOf(here, manifest);
  expect(runs).toBe(2);

  const verdict = await here.verify(manifest);
  expect(verdict).toMatchObject({
    verdict: 'restorable',
    reasons: [
      expect.stringMatching(/^Restored in \d pieces and compared equal: 9 tables with 36400 rows, 4 sequences/),
      expect.stringMatching(/^Not checked, .*the foreign keys orders_2 orders_2_id_fkey in schema public\.$/),
      expect.stringMatching(/^Not filled, .*"public"\."everything"\. /),
      expect.stringMatching(
        /^Definitions .* "public"\."orders_3", "public"\."orders_4" call functions .* were empty then/,
      ),
    ],
    sha256: manifest.archive.sha256,
    drill: {
      compared: { tables: 9, rows: 36400, largeObjects: 2, fingerprints: 9 },
      pieces: { runs: 3, unchecked: ['orders_2 orders_2_id_fkey in schema public'] },
    },
  });
  expect(verdict?.drill?.pieces?.count).toBeGreaterThan(done);
  // Emptied by the statement that fills it, a table needs no WAL; the rows of some partitions come through the table above.
  expect(statements()).toContain('TRUNCATE TABLE ONLY public.orders_1; COPY public.orders_1 (');
  expect(statements()).toContain('COPY public.kinds (');
  expect(statements()).not.toContain('TRUNCATE TABLE ONLY public.kinds');
  expectNothingLeft(place);
  // A verdict is newer than what it came from: asked again, the drill begins anew.
  expect(await here.verify(manifest)).toEqual(verdict);
});

const FEW = `
  CREATE TABLE first (id int PRIMARY KEY, note text); CREATE TABLE second (LIKE first INCLUDING ALL);
  CREATE TABLE third (id int PRIMARY KEY, note text, second int REFERENCES second);
  INSERT INTO first SELECT g, repeat(md5(g::text), 8) FROM generate_series(1, 4000) g;
  INSERT INTO second SELECT * FROM first WHERE id < 1000; INSERT INTO third SELECT *, 1 FROM first;`;

let few: CopyBackup;
beforeAll(async () => {
  const here = await world();
  await here.sql(FEW);
  few = await keepBackup(here, await here.dump());
});

async function fewBackedUp(): Promise<BackedUp> {
  const place = ownDrillPlace({ pieceBytes: PIECE_BYTES });
  return { ...(await few({ drillPlace: place })), place };
}

test('the next piece is fetched while one is finished, and again if that fails', async () => {
  const { here, place, manifest } = await fewBackedUp();
  const { vault } = here;
  const fetched: number[] = [];
  let broken = 0;
  const getBytes: Vault['getBytes'] = async (key, signal, range) => {
    if (range !== undefined && fetched.push(range.sizeBytes) === 2) {
      broken++;
      throw new Error('cut');
    }
    return vault.getBytes(key, signal, range);
  };
  const put: Vault['put'] = async (key, ...body) => {
    const { done = 0 } = JSON.parse(String(body[0])) as { done?: number };
    if (done === 1) await vi.waitFor(() => expect(broken).toBe(1), { timeout: 60_000, interval: 20 });
    return vault.put(key, ...body);
  };
  const verdict = await verifyIn({ ...here, vault: { ...vault, getBytes, put } }, manifest, place, never);
  expect(verdict).toMatchObject({ verdict: 'restorable', drill: { pieces: { runs: 1 } } });
  expect(verdict?.drill?.pieces?.count).toBeGreaterThan(1);
  expect(fetched[2]).toBe(fetched[1]);
  expect(fetched[1]).toBeLessThanOrEqual(fetched[0] ?? 0);
});

describe('what is wrong is found in pieces, too', () => {
  test('a row that is missing, in a run that goes on', async () => {
    const backup = await fewBackedUp();
    const { here, manifest } = backup;
    const tables = manifest.tables.map((one) => ({ ...one, rows: one.rows + 1 }));
    const honest = manifestKey(here.vault.prefix, nameOf(manifest));
    await verifyFor(backup, 1);
    const { tables: proved } = await progressOf(here, manifest);
    const isProved = ({ name }: { name: string }) => proved.some(([known]) => known.endsWith(`"${name}"`));
    await put(here, honest, {
      ...manifest,
      tables: tables.map((one, at) => (isProved(one) ? manifest.tables[at] : one)),
    });
    await expect(here.verify(manifest)).rejects.toMatchObject({
      problem: expect.stringMatching(
        /unrestorable.*"(first|second|third)" came back with \d+ rows; the manifest says \d+1/s,
      ),
    });
  });

  test('rows that break a foreign key', async () => {
    const { here, manifest } = await backedUp(`${FEW}
      SET session_replication_role = replica; UPDATE third SET second = 5000 WHERE id = 7`);
    await expect(here.verify(manifest)).rejects.toMatchObject({
      problem: expect.stringMatching(/unrestorable.*violates foreign key constraint "third_second_fkey"/s),
    });
  });

  test('bytes that rot while a drill goes on', async () => {
    const backup = await fewBackedUp();
    const { here, manifest } = backup;
    await verifyFor(backup, 1);
    const { blocks, plan } = await progressOf(here, manifest);
    const [, at = 0, sizeBytes = 0] = blocks.find(([id]) => plan?.flat().includes(id)) ?? [];
    const { vault } = here;
    const bytes: Buffer[] = [];
    for await (const chunk of (await vault.getBytes(manifest.archive.key)) ?? []) bytes.push(chunk);
    const rotten = Buffer.concat(bytes).fill(0x55, at + 30, at + Math.min(200, sizeBytes));
    const Key = manifest.archive.key;
    await vault.client.s3.send(new PutObjectCommand({ Bucket: vault.bucket, Key, Body: rotten }));
    await expect(here.verify(manifest)).rejects.toMatchObject({
      problem: expect.stringMatching(/corrupt.*The SHA-256 of the archive/s),
    });
  });
});

test('a CHECK that reads a table of another piece leaves the backup readable where it fails', async () => {
  const { here, manifest } = await backedUp(`${FEW}
    CREATE FUNCTION is_known(id int) RETURNS boolean LANGUAGE plpgsql
      AS 'BEGIN RETURN EXISTS (SELECT FROM public.first WHERE first.id = is_known.id); END';
    ALTER TABLE third ADD CONSTRAINT third_known CHECK (is_known(id))`);
  expect(await here.verify(manifest)).toMatchObject({
    verdict: 'readable',
    reasons: [
      expect.stringMatching(/"third_known".* may have missed rows of other pieces: restored whole, it may succeed/s),
    ],
  });
});

test('a piece that takes longer than a run has leaves the backup readable, after some runs', async () => {
  const { here, place, manifest } = await fewBackedUp();
  await verifyFor({ here, place, manifest }, 1);
  const known = await progressOf(here, manifest);
  await put(here, drillKey(here.vault.prefix, nameOf(manifest)), { ...known, idleRuns: 3 });
  expect(await verifyIn(here, manifest, place, never)).toMatchObject({
    verdict: 'readable',
    reasons: [expect.stringMatching(/^The function ran out of time 3 times in a row after 1 piece /)],
  });
});
