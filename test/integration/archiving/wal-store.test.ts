import { constants, zstdCompressSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { nothingStored } from '../../../layers/archiving/answer.ts';
import { recordCluster } from '../../../layers/archiving/record-cluster.ts';
import type { SegmentBody } from '../../../layers/archiving/segment-under-way.ts';
import { openWalStore } from '../../../layers/archiving/wal-store.ts';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { segmentKey } from '../../../layers/wal/keys.ts';
import { putBytes } from '../../support/world/stored-cluster.ts';
import { WAL_CLUSTER, WAL_SEGMENT } from '../../support/world/wal-listing.ts';
import { freshVault } from '../../support/world/world-vault.ts';

let vault: Vault;
const { signal } = new AbortController();

beforeAll(async () => {
  ({ vault } = await freshVault());
});

function store() {
  const stored = nothingStored();
  const options = { vault, systemIdentifier: WAL_CLUSTER, segmentSizeBytes: WAL_SEGMENT, signal, stored };
  return { ...openWalStore(options), stored };
}

const OTHER_LINE = {
  ...{ name: 'VaultError', problem: expect.stringContaining('the bucket holds other WAL at this position') },
  hint: expect.stringContaining('BACKUP_PREFIX'),
};

/** Compressed as versions before did it, too: what counts is what comes out. */
function bodyOf(bytes: Buffer, level = 1): SegmentBody {
  const compressed = zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: level } });
  return { sizeBytes: bytes.length, compressed };
}

test('what is there is not written again; other WAL of that name, or damaged, is refused', async () => {
  const segment = Buffer.alloc(WAL_SEGMENT, 'the same WAL');
  const [one, again] = [store(), store()];
  await one.put(1, 3n, bodyOf(segment));
  await again.put(1, 3n, bodyOf(segment, 9));
  expect([one.stored.segments, again.stored.segments]).toEqual([1, 0]);
  await expect(store().put(1, 3n, bodyOf(Buffer.alloc(WAL_SEGMENT, 8)))).rejects.toMatchObject(OTHER_LINE);

  await one.put(1, 4n, bodyOf(segment.subarray(0, 0x100)));
  await expect(store().put(1, 4n, bodyOf(Buffer.alloc(0x100, 8)))).rejects.toMatchObject(OTHER_LINE);
  const key = segmentKey(vault.prefix, WAL_CLUSTER, '000000010000000000000003');
  await putBytes(vault, key, Buffer.from('no zstd'));
  await expect(store().put(1, 3n, bodyOf(segment))).rejects.toMatchObject({ ...OTHER_LINE, subject: key });
});

test('a history that is another is refused: two servers were promoted to one timeline', async () => {
  await store().putHistory(2, '1\t0/300000\tno recovery target specified\n');
  await store().putHistory(2, '1\t0/300000\tno recovery target specified\n');
  await expect(store().putHistory(2, '1\t0/400000\tno recovery target specified\n')).rejects.toMatchObject(OTHER_LINE);
});

test('a server whose segments are of another size than they were is refused', async () => {
  const target = { host: 'db', port: 5432 } as ConnectionTarget;
  const identity = { systemIdentifier: WAL_CLUSTER, timeline: 1, flushedTo: 0x300000n, major: 18 };
  const record = (segmentSizeBytes: number) =>
    recordCluster({ vault, clock: () => new Date(), signal }, { identity, segmentSizeBytes }, target);
  await record(WAL_SEGMENT);
  await record(WAL_SEGMENT);
  await expect(record(2 * WAL_SEGMENT)).rejects.toMatchObject({
    ...{ name: 'VaultError', problem: `it says that segments have 1048576 bytes, but the server's have 2097152` },
    hint: expect.stringContaining('pg_resetwal'),
  });
});
