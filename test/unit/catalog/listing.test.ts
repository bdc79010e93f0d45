import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareKeys, inRange, replaceRange } from '../../../layers/catalog/listing/ranges.ts';
import { planTails } from '../../../layers/catalog/listing/recent-ranges.ts';
import { type Copy, refreshCopy } from '../../../layers/catalog/listing/refresh-copy.ts';
import { resumable } from '../../../layers/catalog/listing/resumable.ts';
import {
  sortedListing as listing,
  LISTED_AT as now,
  LISTING_PAGE as PAGE,
  vaultOf,
} from '../../support/world/listing-vault.ts';

const signal = new AbortController().signal;

const minutes = fc.integer({ min: 0, max: 30 * 24 * 60 });
const firing = minutes.map((ago) => `${instant(ago).slice(0, 19)}Z`);
const database = fc.constantFrom('shop', 'shop-2', 'K!C3!A4se', 'failures', 'a');
const ours = fc
  .tuple(
    database,
    firing,
    fc.constantFrom('archive-1.dump', 'manifest.json', 'verdict-restorable.json', 'retired.json'),
  )
  .map((parts) => `p/${parts.join('/')}`);
const failure = fc.tuple(database, minutes).map(([folder, ago]) => `p/${folder}/failures/${instant(ago)}.json`);
const foreign = fc.constantFrom(
  'p/retention.json',
  'p/retention.jso/x',
  'p/zz/\u{1F600}',
  'p/zz/\uFFFD',
  'p/shop/',
  'p/shop0',
);
const key = fc.oneof({ weight: 6, arbitrary: ours }, { weight: 2, arbitrary: failure }, foreign);
const contents = fc.array(fc.tuple(key, fc.nat(9)), { maxLength: 80 }).map((all) => new Map(all));

function instant(minutesAgo: number): string {
  return new Date(now.getTime() - minutesAgo * 60_000).toISOString().replaceAll(':', '-');
}

/** As many looks as a whole round takes, and the one that begins it. */
const looks = (objects: number) => 2 + Math.ceil(objects / (3 * PAGE));

describe('the copy of the listing', () => {
  test('the first one, and each of a small vault, is the listing', async () => {
    await fc.assert(
      fc.asyncProperty(contents, contents, async (before, after) => {
        const first = await refreshCopy(vaultOf(before), undefined, { now, signal });
        expect(first.objects).toEqual(listing(before));
        const second = await refreshCopy(vaultOf(after), first, { now, signal, smallObjects: 1_000 });
        expect(second.objects).toEqual(listing(after));
      }),
    );
  });

  test('whatever changes, after one round it is the listing again', async () => {
    await fc.assert(
      fc.asyncProperty(contents, fc.array(contents, { maxLength: 4 }), contents, async (first, changes, last) => {
        let copy: Copy | undefined;
        for (const each of [first, ...changes]) {
          copy = await refreshCopy(vaultOf(each), copy, { now, signal, smallObjects: 0 });
        }
        const vault = vaultOf(last);
        const size = Math.max(last.size, copy?.objects.length ?? 0);
        for (let look = 0; look < looks(size); look++) {
          copy = await refreshCopy(vault, copy, { now, signal, smallObjects: 0 });
        }
        expect(copy?.objects).toEqual(listing(last));
      }),
    );
  });

  test('what is new in the last three days, or beside a backup without a verdict, shows at the next look', async () => {
    const recent = fc.integer({ min: 0, max: 3 * 24 * 60 - 1 }).map((ago) => `${instant(ago).slice(0, 19)}Z`);
    const added = fc.array(
      fc.oneof(
        fc.tuple(database, recent).map(([name, at]) => `p/${name}/${at}/manifest.json`),
        fc
          .tuple(
            database,
            minutes.filter((ago) => ago < 4_000),
          )
          .map(([name, ago]) => `p/${name}/failures/${instant(ago)}.json`),
      ),
    );
    await fc.assert(
      fc.asyncProperty(contents, added, async (before, keys) => {
        const copy = await refreshCopy(vaultOf(before), undefined, { now, signal });
        const unproved = [...before.keys()]
          .filter((one) => /Z\/(manifest|archive)/.test(one))
          .map((one) => one.replace(/Z\/.*/, 'Z/verdict-readable.json'));
        const waiting = unproved.filter(
          (one) => ![...before.keys()].some((other) => other.startsWith(one.replace(/verdict-.*/, 'verdict-'))),
        );
        const after = new Map([...before, ...[...keys, ...waiting].map((one) => [one, 1] as const)]);
        const next = await refreshCopy(vaultOf(after), copy, { now, signal, smallObjects: 0 });
        expect(next.objects.map((object) => object.key)).toEqual(expect.arrayContaining([...keys, ...waiting]));
      }),
    );
  });

  test('objects that did not change are the very same ones', async () => {
    await fc.assert(
      fc.asyncProperty(contents, async (all) => {
        const copy = await refreshCopy(vaultOf(all), undefined, { now, signal });
        for (const smallObjects of [0, 1_000]) {
          expect((await refreshCopy(vaultOf(all), copy, { now, signal, smallObjects })).objects).toBe(copy.objects);
        }
      }),
    );
  });
});

describe('a first listing that takes longer than one look', () => {
  test('goes on at the next one, and hardly asks for anything twice', async () => {
    await fc.assert(
      fc.asyncProperty(contents, fc.integer({ min: 1, max: 6 }), async (all, requestsOfALook) => {
        const atOnce = vaultOf(all);
        await refreshCopy(atOnce, undefined, { now, signal });
        let look = new AbortController();
        let left = 0;
        const slow = vaultOf(all, () => {
          if (left-- <= 0) look.abort(new Error('the look is over'));
          look.signal.throwIfAborted();
        });
        const vault = resumable(slow);
        let copy: Copy | undefined;
        let looks = 0;
        for (; copy === undefined && looks < 100; looks++) {
          look = new AbortController();
          left = requestsOfALook;
          copy = await refreshCopy(vault, undefined, { now, signal: look.signal }).catch(() => undefined);
        }
        expect(copy?.objects).toEqual(listing(all));
        // Whether a page that was the last one has a next is asked again, once for each listing: 5 databases, and 2.
        expect(slow.answered() - atOnce.answered()).toBeLessThanOrEqual(7);
        expect(looks).toBeLessThanOrEqual(1 + slow.answered() / requestsOfALook);
      }),
    );
  });
});

test('keys are compared as UTF-8 is', () => {
  const character = fc.constantFrom('\0', '/', 'a', 'é', '\uD7FF', '\uE000', '\uFFFD', '\u{10000}', '\u{1F600}');
  fc.assert(
    fc.property(fc.string({ unit: character }), fc.string({ unit: character }), (a, b) => {
      expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

test('a range is replaced, and nothing outside of it', () => {
  const object = (name: string, sizeBytes = 1) => ({ key: name, sizeBytes, modifiedAt: now });
  const known = ['a', 'b', 'c', 'd'].map((name) => object(name));
  const replaced = replaceRange(known, { from: 'b', before: 'd' }, [object('bb'), object('c', 2)]);
  expect(replaced.map(({ key: name, sizeBytes }) => `${name}${sizeBytes}`)).toEqual(['a1', 'bb1', 'c2', 'd1']);
  expect(inRange(known, { from: 'bb' })).toEqual(known.slice(2));
  expect(replaceRange(known, { from: 'x', before: 'b' }, [])).toBe(known);
});

describe('the ends of a folder', () => {
  const day = (number: number) => new Date(Date.UTC(2026, 0, number)).toISOString().slice(0, 10);
  const backup = (number: number, proved = true) =>
    ['archive-1.dump', 'manifest.json', ...(proved ? ['verdict-readable.json'] : [])].map((name) => ({
      key: `p/shop/${day(number)}T02-00-00Z/${name}`,
      sizeBytes: 1,
      modifiedAt: now,
    }));
  const many = (count: number) => Array.from({ length: count }, (_, index) => backup(index + 1)).flat();
  const failures = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      key: `p/shop/failures/${new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString().replaceAll(':', '-')}.json`,
      sizeBytes: 1,
      modifiedAt: now,
    }));
  const listedAt = new Date(Date.UTC(2026, 0, 100, 12));

  test('are the last three days, failures among them', () => {
    const [tail, ...others] = planTails([...many(100), ...failures(3)], 'p/shop/', listedAt);
    expect(others).toEqual([]);
    expect(tail?.from.startsWith(`p/shop/${day(97)}`)).toBe(true);
    expect(tail?.before).toBe('p/shop/failures0');
  });

  test('begin at the oldest backup without a verdict, but are bounded', () => {
    const [tail] = planTails([...many(49), ...backup(50, false), ...many(100).slice(150)], 'p/shop/', listedAt);
    expect(tail?.from.startsWith(`p/shop/${day(49)}`)).toBe(true);
    const known = [...backup(1, false), ...many(1_000).slice(3)];
    const [bounded, ...more] = planTails(known, 'p/shop/', new Date(Date.UTC(2026, 0, 1000)));
    expect(more).toEqual([]);
    expect(inRange(known, bounded ?? { from: '' })).toHaveLength(900);
  });

  test('of many failures only the newest are listed again', () => {
    const known = [...many(100), ...failures(20_000)];
    const tails = planTails(known, 'p/shop/', listedAt);
    expect(tails.map((range) => inRange(known, range).length)).toEqual([9, 200]);
  });
});
