import { expect, test } from 'vitest';
import { buildCatalog } from '../../../layers/backup/catalog.ts';
import { openFolders } from '../../../layers/catalog/listing/folders.ts';

const modifiedAt = new Date('2026-11-27T12:00:00Z');
const object = (key: string) => ({ key: `pgvouch/${key}`, sizeBytes: 100, modifiedAt });
const WAL = [
  object('.clusters/7300000000000000001/cluster.json'),
  object('.clusters/7300000000000000001/wal/000000010000000000000001.zst'),
  object('.clusters/7300000000000000001/wal/000000010000000000000002.00ABCDEF.partial.zst'),
];

test("a cluster's WAL is no database, no stray, and no part of any backup", () => {
  const backup = object('shop/2026-11-27T02-00-00Z/manifest.json');
  const { databases, strays } = openFolders('pgvouch/')([...WAL, backup]);
  expect([...databases.keys()]).toEqual(['shop']);
  expect(databases.get('shop')?.objects).toBe(1);
  expect(strays).toMatchObject({ objects: 0, objectSizeBytes: 0 });
  expect([...buildCatalog('pgvouch/', WAL).entries]).toEqual([]);
});

test('what else begins with a dot is a stray, as before', () => {
  const { strays } = openFolders('pgvouch/')([...WAL, object('.clustersx/1'), object('.other/1')]);
  expect(strays).toMatchObject({ objects: 2, objectSizeBytes: 200 });
});
