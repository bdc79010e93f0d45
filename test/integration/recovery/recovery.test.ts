import { readdirSync } from 'node:fs';
import { zstdCompressSync } from 'node:zlib';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { readCluster } from '../../../layers/catalog/read-cluster.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { baseVerdictKey, walFolder } from '../../../layers/wal/keys.ts';
import { planRecovery } from '../../../layers/wal/recovery-plan.ts';
import type { TestPostgres } from '../../support/servers/postgres.ts';
import { type CopyVault, keepVault } from '../../support/world/copied-backup.ts';
import { recoveryWorld } from '../../support/world/recovery-world.ts';
import { putBytes, startStoredCluster, storeWal } from '../../support/world/stored-cluster.ts';
import { objectBytes } from '../../support/world/wal-world.ts';
import { world } from '../../support/world/world.ts';
import { freshVault } from '../../support/world/world-vault.ts';

/** Base backup, and WAL of five segments: for tests that each harm a copy. */
let kept: Awaited<ReturnType<typeof startStoredCluster>>;
let copyVault: CopyVault;
let own: TestPostgres | undefined;

beforeAll(async () => {
  const { vault } = await freshVault();
  kept = await startStoredCluster(vault);
  await writeSegments(kept.postgres);
  await storeWal(vault, kept.cluster, kept.server);
  copyVault = await keepVault(vault);
});

afterAll(() => kept?.postgres.end());
afterEach(() => own?.end());

/** A cluster of the test's own, whose base backup is stored. */
async function storedCluster() {
  const { vault } = await freshVault();
  const stored = await startStoredCluster(vault);
  own = stored.postgres;
  return { vault, ...stored, ...recoveryWorld(vault, stored.cluster) };
}

/** The cluster that all share, in a vault of the test's own. */
async function copiedCluster() {
  const vault = await copyVault();
  return { vault, ...kept, ...recoveryWorld(vault, kept.cluster) };
}

async function segmentsOf(vault: Vault, systemIdentifier: string): Promise<string[]> {
  const folder = walFolder(vault.prefix, systemIdentifier);
  return (await vault.listAll(folder)).map(({ key }) => key).filter((key) => !key.includes('.partial'));
}

/** Rows in three segments of their own. */
async function writeSegments(postgres: TestPostgres): Promise<void> {
  for (const number of [1, 2, 3]) {
    await postgres.sql('postgres', `INSERT INTO rows VALUES (${number}); SELECT pg_switch_wal()`);
  }
  await postgres.sql('postgres', 'INSERT INTO rows VALUES (4)');
}

test('a base backup is recovered to the end of the WAL, and equals the dump that was taken on the way', async () => {
  const { vault, postgres, cluster, server, drill, verdict, folder } = await storedCluster();
  const { dump, sql, database } = await world({ vault, postgres });
  await sql(
    'CREATE TABLE orders AS SELECT * FROM generate_series(1, 1000) AS id; CREATE UNLOGGED TABLE cache (id int)',
  );
  await sql('INSERT INTO cache VALUES (1); CREATE INDEX ON orders (id)');
  const manifest = await dump();
  expect(manifest.snapshot).toMatchObject({ walPosition: expect.stringMatching(/^0\//) });
  await sql('DELETE FROM orders WHERE id > 500');
  await writeSegments(postgres);
  await storeWal(vault, cluster, server);

  const [found] = await drill();
  expect(found).toMatchObject({ cluster: cluster.systemIdentifier, verdict: 'restorable' });
  expect(await verdict()).toMatchObject({
    verdict: 'restorable',
    reasons: [
      expect.stringMatching(/^Recovered to 0\/\w+, the end of the WAL\. Equal to the dumps of .*1 tables with 1000/),
    ],
    recovered: { timeline: 1, segments: 5, serverVersion: expect.stringMatching(/^18/) },
    compared: [{ database, tables: 1, rows: 1_000, changing: [] }],
  });
  const { checked } = await verdict();
  expect(checked?.files).toBeGreaterThan(500);
  expect(checked?.tables).toBeGreaterThan(100);
  expect(readdirSync(folder)).toEqual([]);
});

test('a dump at the very end of the WAL is compared there; one that recovery contradicts makes it unrestorable', async () => {
  const { vault, postgres, cluster, server, drill, verdict } = await storedCluster();
  const { dump, sql } = await world({ vault, postgres });
  await sql('CREATE TABLE orders AS SELECT * FROM generate_series(1, 10) AS id');
  const { firedAt, database } = await dump();
  await storeWal(vault, cluster, server);
  expect(await drill()).toMatchObject([{ verdict: 'restorable' }]);
  expect(await verdict()).toMatchObject({ compared: [{ tables: 1, rows: 10 }] });

  const [key = ''] = (await vault.listAll()).map((one) => one.key).filter((one) => one.endsWith('/manifest.json'));
  const text = (await vault.getText(key)) ?? '';
  await vault.put(key, text.replace('"rows": 10', '"rows": 11'));
  await expect(drill()).rejects.toThrow(
    /verify base backup \S+ of cluster \d+: unrestorable: At the position of the dump/,
  );
  expect(await verdict()).toMatchObject({
    verdict: 'unrestorable',
    reasons: [
      `At the position of the dump of "${database}" from ${firedAt}: Table "public"."orders" came back with 10 rows; the manifest says 11.`,
    ],
  });
});

test('WAL that is damaged makes it corrupt from there on: recovery to before that stays possible', async () => {
  const { vault, cluster, server, drill, verdict } = await copiedCluster();
  const [, , third = ''] = await segmentsOf(vault, cluster.systemIdentifier);
  await putBytes(vault, third, Buffer.from('no zstd'));
  await expect(drill()).rejects.toThrow(/corrupt: The WAL is damaged from 0\/\w+ on: \S+: it cannot be decompressed/);
  const { goodUntil, recovered } = await verdict();
  expect(recovered).toMatchObject({ segments: 2 });
  const stored = await readCluster(vault, cluster);
  expect(planRecovery(stored, { kind: 'latest' })).toMatchObject({ why: 'gap' });
  const before = stored.bases[0]?.goodUntil ?? 0n;
  expect(goodUntil).toBeDefined();
  expect(planRecovery(stored, { kind: 'lsn', lsn: before - 1n })).toMatchObject({ target: { lsn: before - 1n } });

  // The alarm stays until it is mended: then the proof counts again.
  await expect(drill({ kind: 'newest', firedAt: new Date(0) })).rejects.toThrow('corrupt');
  await storeWal(vault, cluster, server);
  expect(await drill()).toMatchObject([{ verdict: 'restorable' }]);
});

test('a record that is broken is not taken for the end of the WAL, though PostgreSQL does', async () => {
  const { vault, postgres, cluster, server, drill, verdict } = await copiedCluster();
  await postgres.sql('postgres', 'INSERT INTO rows SELECT generate_series(1, 50000); SELECT pg_switch_wal()');
  await postgres.sql('postgres', 'INSERT INTO rows VALUES (4)');
  await storeWal(vault, cluster, server);
  const keys = await segmentsOf(vault, cluster.systemIdentifier);
  const key = keys.at(-1) ?? '';
  const bytes = await objectBytes(vault, key);
  bytes.writeUInt8((bytes.at(2_000_000) ?? 0) ^ 1, 2_000_000);
  await putBytes(vault, key, zstdCompressSync(bytes));
  await expect(drill()).rejects.toThrow(
    /corrupt: Recovery ended at 0\/\w+, though the WAL goes on to .*a record there is broken/,
  );
  expect((await verdict()).goodUntil).toMatch(/^0\//);
});

test('a gap makes it corrupt from there on, and one in its own time altogether', async () => {
  const { vault, cluster, drill, verdict, log } = await copiedCluster();
  const [first = '', second = ''] = await segmentsOf(vault, cluster.systemIdentifier);
  const lose = (key: string) => vault.client.s3.send(new DeleteObjectCommand({ Bucket: vault.bucket, Key: key }));
  await lose(second);
  await expect(drill()).rejects.toThrow(/corrupt: WAL is missing from \S+ to \S+: nothing later can be recovered/);
  expect(await verdict()).toMatchObject({ goodUntil: expect.any(String), recovered: { segments: 1 } });
  expect(log.join('')).toContain('WAL is missing: it is corrupt from there on');
  await lose(first);
  await expect(drill()).rejects.toThrow(/corrupt: The WAL of its own time is not all there/);
  expect((await verdict()).goodUntil).toBeUndefined();
});

test('a base backup that is not what was stored is corrupt; no delivery turns that into a success', async () => {
  const { vault, cluster, drill, verdict, folder } = await copiedCluster();
  const [key = ''] = (await vault.listAll()).map((one) => one.key).filter((one) => one.endsWith('base.tar.zst'));
  const chunks: Buffer[] = [];
  for await (const chunk of (await vault.getBytes(key)) ?? []) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  bytes.writeUInt8((bytes.at(bytes.length / 2) ?? 0) ^ 1, Math.floor(bytes.length / 2));
  await putBytes(vault, key, bytes);
  await expect(drill()).rejects.toThrow(/corrupt: \S+base.tar.zst: its SHA-256 is/);
  const { verifiedAt } = await verdict();
  const stored = await readCluster(vault, cluster);
  const names = stored.bases.map(({ startedAt }) => ({ systemIdentifier: cluster.systemIdentifier, startedAt }));
  await expect(drill({ kind: 'bases', names, as: 'new' })).rejects.toThrow('corrupt');
  expect((await verdict()).verifiedAt).toBe(verifiedAt);
  expect(readdirSync(folder)).toEqual([]);
});

test('where no recovery can be tried every byte is read, and the reason is said', async () => {
  const { vault, cluster, drill, verdict, folder } = await copiedCluster();
  const place = { installations: [], folder };
  expect(await drill(undefined, { place: { ...place, maxBytes: 1_000 } })).toMatchObject([{ verdict: 'readable' }]);
  expect(await verdict()).toMatchObject({
    reasons: [
      expect.stringMatching(/^No recovery was tried: it needs about [\d.]+ MB of disk in .* but only 1.0 kB is free/),
      'All of its files and 5 objects of WAL were read.',
    ],
  });
  await drill(undefined, { place });
  expect((await verdict()).reasons[0]).toBe(
    'No recovery was tried: this machine has no scratch server of PostgreSQL 18. On AWS, deploy with SCRATCH_MAJOR=18; or with RECOVERY_ON=fargate and an image that has several.',
  );
  await drill(undefined, { place: undefined });
  expect((await verdict()).reasons[0]).toBe('No recovery was tried.');
  const [, , third = ''] = await segmentsOf(vault, cluster.systemIdentifier);
  await putBytes(vault, third, Buffer.from('no zstd'));
  await expect(drill(undefined, { place: undefined })).rejects.toThrow('corrupt: The WAL is damaged from');
});

test('a verdict that nobody understands gives way to the next one', async () => {
  const { vault, cluster, drill, verdict, log } = await copiedCluster();
  await drill(undefined, { place: undefined });
  const { systemIdentifier, startedAt } = await verdict();
  const key = baseVerdictKey(vault.prefix, { systemIdentifier, startedAt: new Date(startedAt) }, 'readable');
  await vault.put(key, 'nonsense');
  await drill({ kind: 'newest', cluster: cluster.systemIdentifier, firedAt: new Date(0) }, { place: undefined });
  expect(await verdict()).toMatchObject({ verdict: 'readable' });
  expect(log.join('')).toContain('the verdict cannot be read: the new one takes its place');
});
