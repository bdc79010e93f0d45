import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openClusterListings } from '../../../layers/catalog/listing/clusters.ts';
import { type ClusterCopy, refreshCluster } from '../../../layers/catalog/listing/refresh-cluster.ts';
import { type Copy, refreshCopy } from '../../../layers/catalog/listing/refresh-copy.ts';
import { withoutClusters } from '../../../layers/catalog/listing/without-clusters.ts';
import { LISTED_AT, LISTING_PAGE, sortedListing, vaultOf } from '../../support/world/listing-vault.ts';

const signal = new AbortController().signal;
const FOLDER = 'p/.clusters/7300000000000000001/';
const segment = (number: number) => `${FOLDER}wal/${`${number}`.padStart(24, '0')}`;
const whole = (number: number) => `${segment(number)}.zst`;
const partial = (number: number) => `${segment(number)}.00000100.partial.zst`;
const base = (day: number) => `${FOLDER}base/2026-11-${`${day}`.padStart(2, '0')}T02-00-00Z/base.json`;
const status = `${FOLDER}wal/status.json`;
const contentsOf = (...keys: string[]) => new Map(keys.map((key) => [key, 1]));
const upTo = (number: number) => Array.from({ length: number }, (_, index) => whole(index));

const key = fc.oneof(
  fc.integer({ min: 0, max: 30 }).map(whole),
  fc.integer({ min: 0, max: 30 }).map(partial),
  fc.integer({ min: 1, max: 28 }).map(base),
  fc.constantFrom(status, `${FOLDER}cluster.json`, `${FOLDER}zz/other`, `${FOLDER}wal/\u{1F600}`),
);
const contents = fc.array(key, { maxLength: 60 }).map((keys) => contentsOf(...keys));

test('the first listing of a cluster, and each of a small one, is what there is', async () => {
  await fc.assert(
    fc.asyncProperty(contents, contents, async (before, after) => {
      const first = await refreshCluster(vaultOf(before), FOLDER, undefined, { signal, smallObjects: 0 });
      expect(first.objects).toEqual(sortedListing(before));
      const second = await refreshCluster(vaultOf(after), FOLDER, first, { signal, smallObjects: 1_000 });
      expect(second.objects).toEqual(sortedListing(after));
    }),
  );
});

test('whatever changes, after one round it is what there is again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(contents, { maxLength: 4 }), contents, async (changes, last) => {
      let copy: ClusterCopy | undefined;
      for (const each of changes) copy = await refreshCluster(vaultOf(each), FOLDER, copy, { signal, smallObjects: 0 });
      const looks = 2 + Math.ceil(Math.max(last.size, copy?.objects.length ?? 0) / LISTING_PAGE);
      for (let look = 0; look < looks; look++)
        copy = await refreshCluster(vaultOf(last), FOLDER, copy, { signal, smallObjects: 0 });
      expect(copy?.objects).toEqual(sortedListing(last));
    }),
  );
});

test('new WAL, a new status, new base backups, and old WAL that was removed show at the next look', async () => {
  const old = contentsOf(base(1), base(2), ...upTo(40), partial(40), status);
  const copy = await refreshCluster(vaultOf(old), FOLDER, undefined, { signal, smallObjects: 0 });
  const now = contentsOf(base(1), base(2), base(3), ...upTo(60).slice(2), partial(60));
  now.set(status, 2);
  const vault = vaultOf(now);
  const next = await refreshCluster(vault, FOLDER, copy, { signal, smallObjects: 0 });
  expect(next.objects).toEqual(sortedListing(now));
});

test('a look costs the same however much WAL there is', async () => {
  const requests = async (segments: number) => {
    const vault = vaultOf(contentsOf(base(1), ...upTo(segments), status));
    const options = { signal, smallObjects: 0 };
    const copy = await refreshCluster(vault, FOLDER, undefined, options);
    const before = vault.answered();
    await refreshCluster(vault, FOLDER, copy, options);
    return vault.answered() - before;
  };
  expect([await requests(50), await requests(400)]).toEqual([3, 3]);
});

test('each cluster is listed', async () => {
  const other = 'p/.clusters/8300000000000000001/cluster.json';
  const contents = contentsOf(...upTo(9), other);
  const list = openClusterListings(vaultOf(contents), 0);
  const listed = await list(signal);
  expect([...listed.keys()]).toEqual(['7300000000000000001', '8300000000000000001']);
  expect(listed.get('8300000000000000001')?.map((one) => one.key)).toEqual([other]);
  expect(listed.get('7300000000000000001')?.length).toBe(9);
});

test('what fails midway goes on where it was', async () => {
  let left = 3;
  const vault = vaultOf(contentsOf(...upTo(40)), () => {
    if (left-- === 0) throw new Error('silent');
  });
  const list = openClusterListings(vault, 0);
  await expect(list(signal)).rejects.toThrow('silent');
  left = 100;
  const before = vault.answered();
  const listed = await list(signal);
  expect(listed.get('7300000000000000001')?.length).toBe(40);
  // The names of clusters, and the pages but the two that were there.
  expect(vault.answered() - before).toBe(1 + 40 / LISTING_PAGE - 2);
});

test('dumps are listed without clusters, and without the pages that hold nothing else', async () => {
  const dumps = contentsOf('p/!x/1', 'p/retention.json', ...Array.from({ length: 20 }, (_, at) => `p/shop/${at}`));
  const all = new Map([...dumps, ...contentsOf(...upTo(400), status)]);
  for (const smallObjects of [0, 1_000]) {
    let seen = 0;
    const vault = vaultOf(all);
    const alone = withoutClusters(vault, () => seen++);
    let copy: Copy | undefined;
    for (let look = 0; look < 5; look++) {
      const before = vault.answered();
      copy = await refreshCopy(alone, copy, { now: LISTED_AT, signal, smallObjects });
      expect(copy.objects).toEqual(sortedListing(dumps));
      expect(vault.answered() - before).toBeLessThan(25);
      expect(seen).toBeGreaterThan(look);
    }
  }
});

test('where there are none, nobody is called', async () => {
  const alone = withoutClusters(vaultOf(contentsOf('p/shop/1', 'p/.clustersx/1')), () => expect.unreachable());
  const copy = await refreshCopy(alone, undefined, { now: LISTED_AT, signal });
  expect(copy.objects.length).toBe(2);
});
