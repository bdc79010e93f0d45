import { expect, test } from 'vitest';
import { compareRestored } from '../../../layers/backup/comparison.ts';
import type { SequenceState } from '../../../layers/backup/manifest.ts';
import { sampleManifest } from '../../support/world/sample-manifest.ts';

const at = (value: number, isCalled = true): SequenceState => ({ lastValue: String(value), isCalled });

/** What is told of one sequence. */
function compared(
  bounds: readonly [before: SequenceState, after: SequenceState | null],
  found?: SequenceState,
  views = 0,
) {
  const [before, after] = bounds;
  const objects = { public: { sequences: 1, ...(views > 0 && { materializedViews: views }) } };
  const manifest = sampleManifest(
    { database: 'shop', firedAt: new Date('2026-11-22T02:00:00Z') },
    { tables: [], objects, sequences: [{ schema: 'public', name: 's', before, after }] },
  );
  const sequences = new Map(found ? [['"public"."s"', found]] : []);
  return compareRestored(manifest, {
    ...{
      rows: new Map(),
      unreadable: new Set<string>(),
      together: new Map(),
      sequences,
      objects,
      largeObjects: 0,
      fingerprints: undefined,
    },
  }).differences;
}

test.each([
  ['as it was', [at(5), at(5)], at(5)],
  ['moved on while the dump ran', [at(5), at(9)], at(7)],
  ['called for the first time', [at(1, false), at(1)], at(1)],
  ['reset: any value', [at(100), at(6)], at(1)],
  ['moved on, then reset', [at(100), at(6)], at(103)],
  ['descending', [at(-1), at(-9)], at(-4)],
  ['dropped', [at(5), null], undefined],
] as const)('a sequence that was %s', (_, bounds, found) => {
  expect(compared(bounds, found)).toEqual([]);
});

test.each([
  ['behind', [at(5), at(9)], at(4), /came back as 4, not between 5 and 9/],
  ['not called yet', [at(1), at(1)], at(1, false), /came back as 1, not between 1 and 1/],
  ['too far', [at(5), at(9)], at(10), /came back as 10, not between 5 and 9/],
  ['not at all', [at(100), at(6)], undefined, /"s" did not come back/],
] as const)('a sequence that came back %s', (_, bounds, found, difference) => {
  expect(compared(bounds, found)).toEqual([expect.stringMatching(difference)]);
});

test('where materialized views may have called nextval, further on is no loss, but behind is', () => {
  expect(compared([at(5), at(5)], at(10), 1)).toEqual([]);
  expect(compared([at(5), at(5)], at(4), 1)).toEqual([expect.stringMatching(/came back as 4/)]);
});

test.each([
  [
    'the same rows in other partitions',
    [
      ['a', 7, '-5'],
      ['b', 3, '12'],
    ],
    [],
  ],
  [
    'a row fewer',
    [
      ['a', 6, '-5'],
      ['b', 3, '12'],
    ],
    [/"p" with its partitions came back with 9 rows; the manifest says 10/],
  ],
  [
    'other contents',
    [
      ['a', 7, '-5'],
      ['b', 3, '11'],
    ],
    [/"p" with its partitions came back with different contents/],
  ],
  ['one not at all', [['a', 10, '7']], [/"b" did not come back/]],
] as const)('partitions that exchange rows in a restore are compared as one: %s', (_, found, differences) => {
  const tables = [
    { schema: 's', name: 'a', rows: 4, fingerprint: '9' },
    { schema: 's', name: 'b', rows: 6, fingerprint: '-2' },
  ];
  const name = { database: 'shop', firedAt: new Date('2026-11-22T02:00:00Z') };
  const manifest = sampleManifest(name, { tables, objects: {}, sequences: [], largeObjects: 0 });
  const keyed = found.map(([leaf, rows, print]) => [`"s"."${leaf}"`, rows, print] as const);
  const comparison = compareRestored(manifest, {
    rows: new Map(keyed.map(([leaf, rows]) => [leaf, rows])),
    fingerprints: new Map(keyed.map(([leaf, , print]) => [leaf, print])),
    together: new Map([
      ['"s"."a"', '"s"."p"'],
      ['"s"."b"', '"s"."p"'],
    ]),
    ...{ sequences: new Map(), objects: {}, largeObjects: 0, unreadable: new Set<string>() },
  });
  expect(comparison.differences).toEqual(differences.map((one) => expect.stringMatching(one)));
  expect(comparison.compared).toMatchObject({ tables: 2, rows: 10, fingerprints: 2 });
});

/** What comes of an extension's table in which the manifest counted 5 rows. */
function extensionRows(found: number | undefined, unreadable = new Set<string>()) {
  const tables = [{ schema: 'cron', name: 'job', rows: 5, extension: 'pg_cron' }];
  const manifest = sampleManifest(
    { database: 'shop', firedAt: new Date('2026-11-22T02:00:00Z') },
    { tables, objects: {} },
  );
  const rows = new Map(found === undefined ? [] : [['"cron"."job"', found]]);
  const { differences, uncompared, compared } = compareRestored(manifest, {
    ...{ rows, unreadable, together: new Map(), sequences: new Map(), objects: {}, largeObjects: 0 },
    fingerprints: undefined,
  });
  return { differences, uncompared, rows: compared.rows };
}

test("of extensions' own tables, fewer rows are a loss, and more cannot be compared", () => {
  const subject = 'Table "cron"."job" of the extension pg_cron';
  const none = { differences: [], uncompared: [] };
  expect(extensionRows(5)).toEqual({ ...none, rows: 5 });
  expect(extensionRows(4).differences).toEqual([`${subject} came back with 4 rows; the manifest says 5.`]);
  expect(extensionRows(undefined).differences).toEqual([`${subject} did not come back.`]);
  expect(extensionRows(7)).toEqual({
    ...{ ...none, rows: 0 },
    uncompared: [
      `${subject} could not be compared: it has 7 rows, of which the backup has 5, and the extension makes rows of its own.`,
    ],
  });
  expect(extensionRows(undefined, new Set(['"cron"."job"']))).toEqual({
    ...{ ...none, rows: 0 },
    uncompared: [`${subject} was not compared: the role may not read all of it.`],
  });
});
