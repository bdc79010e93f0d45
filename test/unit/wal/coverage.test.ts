import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ListedObject } from '../../../layers/backup/catalog.ts';
import { coverage, gapsBetween } from '../../../layers/wal/coverage.ts';
import type { Lsn } from '../../../layers/wal/lsn.ts';
import { ancestry } from '../../../layers/wal/timelines.ts';
import { tipOf } from '../../../layers/wal/tip.ts';
import { heldIn, historyAt, partialAt, WAL_CLUSTER, WAL_SEGMENT, wholeAt } from '../../support/world/wal-listing.ts';

const TIMELINE_1 = ancestry(1, new Map());
/** Left timeline 1 in the middle of segment 3. */
const TIMELINE_2 = ancestry(2, new Map([[2, [{ timeline: 1, endsAt: 0x380000n, reason: '' }]]]));

function ends(listing: Iterable<ListedObject>, spans = TIMELINE_1, from: Lsn = 0x100000n): string[] {
  return coverage(heldIn(listing), spans, from).map((one) => `${one.from.toString(16)}-${one.to.toString(16)}`);
}

describe('on one timeline', () => {
  test('segments one after another, and the beginning of the next, are one stretch', () => {
    expect(ends([wholeAt(1, 1), wholeAt(1, 2), partialAt(1, 3, 0x80000)])).toEqual(['100000-380000']);
  });

  test('a segment that is missing is a gap', () => {
    const listing = [wholeAt(1, 1), wholeAt(1, 3), wholeAt(1, 4)];
    expect(ends(listing)).toEqual(['100000-200000', '300000-500000']);
    expect(gapsBetween(coverage(heldIn(listing), TIMELINE_1, 0x100000n))).toEqual([{ from: 0x200000n, to: 0x300000n }]);
  });

  test('the beginning of a segment in the middle is a gap: recovery would end there and say nothing', () => {
    expect(ends([wholeAt(1, 1), partialAt(1, 2, 0x80000), wholeAt(1, 3)])).toEqual(['100000-280000', '300000-400000']);
  });

  test('a partial that holds all of a segment is as good as the segment', () => {
    expect(ends([partialAt(1, 1, WAL_SEGMENT), wholeAt(1, 2)])).toEqual(['100000-300000']);
  });

  test('of several partials the longest counts, and before all the whole segment', () => {
    const partials = [partialAt(1, 2, 0x80000), partialAt(1, 2, 0x10000), partialAt(1, 2, 0x90000)];
    expect(ends([wholeAt(1, 1), ...partials])).toEqual(['100000-290000']);
    const all = [...partials, partialAt(1, 2, WAL_SEGMENT), wholeAt(1, 2)];
    expect(tipOf(heldIn(all), TIMELINE_1, 0x200000n).objects.map(({ key }) => key)).toEqual([wholeAt(1, 2).key]);
    expect(tipOf(heldIn(all.reverse()), TIMELINE_1, 0x200000n).objects.map(({ key }) => key)).toEqual([
      wholeAt(1, 2).key,
    ]);
  });

  test('where nothing is, it ends where it begins', () => {
    expect(ends([])).toEqual(['100000-100000']);
    expect(ends([wholeAt(1, 2)])).toEqual(['100000-100000', '200000-300000']);
  });

  test('from the middle of a segment on, which must hold more than that', () => {
    const from = 0x148000n;
    expect(ends([wholeAt(1, 1), wholeAt(1, 2)], TIMELINE_1, from)).toEqual(['148000-300000']);
    expect(ends([partialAt(1, 1, 0x48000), wholeAt(1, 2)], TIMELINE_1, from)).toEqual([
      '148000-148000',
      '200000-300000',
    ]);
  });

  test('what is before it does not count', () => {
    expect(ends([wholeAt(1, 0), wholeAt(1, 5)], TIMELINE_1, 0x500000n)).toEqual(['500000-600000']);
  });
});

describe('through a promotion', () => {
  const before = [wholeAt(1, 1), wholeAt(1, 2)];

  test('the segment in which it was is the one of the new timeline', () => {
    const listing = [...before, partialAt(1, 3, 0x80000), historyAt(2), wholeAt(2, 3), partialAt(2, 4, 0x10000)];
    expect(ends(listing, TIMELINE_2)).toEqual(['100000-410000']);
    const tip = tipOf(heldIn(listing), TIMELINE_2, 0x100000n);
    expect(tip).toMatchObject({ lsn: 0x410000n, timeline: 2 });
    expect(tip.objects.map(({ timeline, number }) => `${timeline}/${number}`)).toEqual(['1/1', '1/2', '2/3', '2/4']);
  });

  test('until that is stored, it ends where the old one was left', () => {
    const listing = [...before, partialAt(1, 3, 0x80000), historyAt(2)];
    expect(tipOf(heldIn(listing), TIMELINE_2, 0x100000n)).toMatchObject({ lsn: 0x380000n, timeline: 2 });
  });

  test('what the old one went on to write by itself is not on the way', () => {
    const listing = [...before, wholeAt(1, 3), wholeAt(1, 4), wholeAt(1, 5)];
    expect(ends(listing, TIMELINE_2)).toEqual(['100000-380000']);
    expect(ends([...listing, wholeAt(2, 3)], TIMELINE_2)).toEqual(['100000-400000']);
    expect(ends([...listing, wholeAt(2, 3)], TIMELINE_1)).toEqual(['100000-600000']);
  });

  test('a segment that is missing before it is a gap', () => {
    expect(ends([wholeAt(1, 1), historyAt(2), wholeAt(2, 3)], TIMELINE_2)).toEqual(['100000-200000', '300000-400000']);
  });
});

test('other clusters, other sizes and strangers are not looked at', () => {
  const strangers = [
    { ...wholeAt(1, 1), key: wholeAt(1, 1).key.replace(WAL_CLUSTER, '1') },
    { ...wholeAt(1, 1), key: `${wholeAt(1, 1).key}.bak` },
    partialAt(1, 1, 0),
    partialAt(1, 1, WAL_SEGMENT + 1),
  ];
  expect(heldIn(strangers)).toMatchObject({ objects: [], timelines: [], histories: [] });
});

test('stretches and gaps are all of it: each byte is held or missing, in order, whatever is there', () => {
  const object = fc.oneof(
    fc.nat(12).map((number) => wholeAt(1, number)),
    fc.tuple(fc.nat(12), fc.integer({ min: 1, max: WAL_SEGMENT })).map(([number, end]) => partialAt(1, number, end)),
  );
  fc.assert(
    fc.property(fc.array(object, { maxLength: 20 }), fc.nat(13 * WAL_SEGMENT), (listing, at) => {
      const from = BigInt(at);
      const holdings = heldIn(listing);
      const stretches = coverage(holdings, TIMELINE_1, from);
      const gaps = gapsBetween(stretches);
      let position = from;
      for (const [index, stretch] of stretches.entries()) {
        expect(stretch.from).toBe(position);
        expect(stretch.to > stretch.from || index === 0).toBe(true);
        position = gaps[index]?.to ?? stretch.to;
        expect(gaps[index] === undefined || gaps[index].from === stretch.to).toBe(true);
      }
      // Nothing is counted that no object holds.
      const heldBytes = stretches.reduce((sum, one) => sum + (one.to - one.from), 0n);
      const most = stretches.flatMap((one) => one.objects).reduce((sum, one) => sum + BigInt(one.endOffset), 0n);
      expect(heldBytes <= most).toBe(true);
    }),
  );
});
