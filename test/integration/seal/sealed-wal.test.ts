import { zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { nothingStored } from '../../../layers/archiving/answer.ts';
import { openWalStore } from '../../../layers/archiving/wal-store.ts';
import { withIdentities } from '../../../layers/seal/opening-vault.ts';
import { partialKey, segmentKey } from '../../../layers/wal/keys.ts';
import { startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { startCopy } from '../../support/servers/standby.ts';
import { type AgeKeys, ageKeys } from '../../support/world/age-keys.ts';
import { type BaseWorld, baseWorld } from '../../support/world/base-world.ts';
import { recoveryWorld } from '../../support/world/recovery-world.ts';
import { putBytes } from '../../support/world/stored-cluster.ts';
import { WAL_CLUSTER, WAL_SEGMENT } from '../../support/world/wal-listing.ts';
import { writeWal } from '../../support/world/wal-world.ts';
import { freshVault } from '../../support/world/world-vault.ts';

let keys: AgeKeys;
let postgres: TestPostgres;
let here: BaseWorld;

beforeAll(async () => {
  keys = await ageKeys();
  postgres = await startTestPostgres({ settings: { full_page_writes: 'on', summarize_wal: 'on' } });
  here = await baseWorld(postgres, undefined, keys.recipients);
});
afterAll(() => postgres?.end());

test('what wal cannot read it still knows: the same WAL is not written again, other WAL is refused', async () => {
  const { vault } = await freshVault();
  const { signal } = new AbortController();
  const store = () => {
    const options = { vault, systemIdentifier: WAL_CLUSTER, segmentSizeBytes: WAL_SEGMENT, signal };
    const stored = nothingStored();
    return { ...openWalStore({ ...options, recipients: keys.recipients, stored }), stored };
  };
  const bodyOf = (bytes: Buffer) => ({ sizeBytes: bytes.length, compressed: zstdCompressSync(bytes) });
  const segment = Buffer.alloc(WAL_SEGMENT, 'the same WAL');
  const [one, again] = [store(), store()];
  await one.put(1, 3n, bodyOf(segment));
  await again.put(1, 3n, bodyOf(segment));
  expect([one.stored.segments, again.stored.segments]).toEqual([1, 0]);
  const other = { problem: expect.stringContaining('the bucket holds other WAL at this position') };
  await expect(store().put(1, 3n, bodyOf(Buffer.alloc(WAL_SEGMENT, 8)))).rejects.toMatchObject(other);
  const key = `${segmentKey(vault.prefix, WAL_CLUSTER, '000000010000000000000003')}.age`;
  await putBytes(vault, key, Buffer.from('no age'));
  await expect(store().put(1, 3n, bodyOf(segment))).rejects.toMatchObject({ ...other, subject: key });
  expect(await store().compareSealed(key, WAL_SEGMENT)).toBeUndefined();

  const partial = `${partialKey(vault.prefix, WAL_CLUSTER, '000000010000000000000004', 300)}.age`;
  await one.put(1, 4n, bodyOf(segment.subarray(0, 300)));
  const compareWith = async (bytes: Buffer) => {
    const compare = (await store().compareSealed(partial, 300)) ?? expect.unreachable();
    for (let at = 0; at < 700; at += 70) compare(bytes.subarray(at, at + 70));
  };
  await compareWith(segment);
  await compareWith(Buffer.concat([segment.subarray(0, 300), Buffer.alloc(300)]));
  const differsAt = (at: number) => Buffer.from(segment).fill(0, at, at + 1);
  for (const at of [0, 150, 299])
    await expect(compareWith(differsAt(at))).rejects.toMatchObject({ ...other, subject: partial });
});

test('a copy of the server: WAL of its own is not mixed in, though nobody here can read what is stored', async () => {
  await postgres.sql('postgres', 'CHECKPOINT');
  const copy = await startCopy(postgres);
  onTestFinished(() => copy.end());
  await writeWal(postgres, 1);
  expect(await here.archive()).toMatchObject({ outcome: 'stored', caughtUp: true });
  const before = await here.names();
  expect(before.at(-1)).toMatch(/partial\.zst\.age$/);

  // So much that the whole segment could be stored, which is a key of its own.
  await writeWal(copy, 24);
  await expect(here.archive({ of: copy })).rejects.toMatchObject({
    name: 'VaultError',
    problem: expect.stringContaining('the bucket holds other WAL at this position'),
    subject: expect.stringContaining(before.at(-1) ?? ''),
  });
  expect(await here.names()).toEqual(before);
  await writeWal(postgres, 1);
  expect(await here.archive()).toMatchObject({ outcome: 'stored', caughtUp: true });
});

test('runs go on in mid-segment, and a base backup that is asked for as an increment is a full one', async () => {
  const base = await here.stored();
  expect(base).toMatchObject({ formatVersion: 2, manifest: { file: 'backup_manifest.age' } });
  for (const megabytes of [1, 2]) {
    await writeWal(postgres, megabytes);
    expect(await here.archive()).toMatchObject({ outcome: 'stored', caughtUp: true });
  }
  expect(await here.archive()).toMatchObject({ outcome: 'stored', segments: 0, partials: 0 });
  const next = await here.stored({ kind: 'incremental' });
  expect(next).not.toHaveProperty('parent');
  expect(here.log.join('')).toContain('the manifest of the one before is sealed, and base has no identity');
});

test('without the identity a recovery drill says that the bytes are whole; with it, the next one proves it', async () => {
  const { vault } = here;
  const { systemIdentifier } = await here.stored();
  const drills = (identities: AgeKeys['identities'] | undefined) =>
    recoveryWorld(withIdentities(vault, identities), { systemIdentifier }).drill();
  expect(await drills(undefined)).toMatchObject([{ verdict: 'intact' }]);
  expect(await drills((await ageKeys()).identities)).toMatchObject([{ verdict: 'intact' }]);
  expect(await drills(keys.identities)).toMatchObject([{ verdict: 'restorable' }]);

  const [file] = (await vault.listAll()).filter(({ key }) => key.endsWith('base.tar.zst.age')).slice(-1);
  const key = file?.key ?? expect.unreachable();
  await putBytes(vault, key, Buffer.alloc(file?.sizeBytes ?? 0));
  await expect(drills(undefined)).rejects.toThrow('corrupt');
  await expect(drills(keys.identities)).rejects.toThrow('corrupt');
});
