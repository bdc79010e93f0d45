import { describe, expect, test } from 'vitest';
import { fallOf, hasFallen } from '../../../layers/backup/fall.ts';
import type { Manifest } from '../../../layers/backup/manifest.ts';

const FIRED_AT = '2026-11-22T02:00:00.000Z';
/** So many rows, in so many tables as evenly as may be. */
const holding = (rows: number, tables = 2): Manifest['tables'] =>
  Array.from({ length: tables }, (_, index) => ({
    schema: 'public',
    name: `t${index}`,
    rows: Math.floor(rows / tables) + Number(index < rows % tables),
  }));
const previous = (tables: Manifest['tables'], fall?: Manifest['fall']) => ({
  ...{ firedAt: FIRED_AT, tables, archive: { sizeBytes: 50_000 } },
  ...(fall && { fall }),
});

test.each([
  ['all rows', { rows: 1_000, tables: 3 }, { rows: 0, tables: 3 }, true],
  ['a tenth of the rows is left', { rows: 1_000, tables: 3 }, { rows: 100, tables: 3 }, true],
  ['just more', { rows: 1_000, tables: 3 }, { rows: 101, tables: 3 }, false],
  ['a tenth of the tables is left', { rows: 0, tables: 30 }, { rows: 0, tables: 3 }, true],
  ['just more tables', { rows: 0, tables: 30 }, { rows: 0, tables: 4 }, false],
  ['everything', { rows: 20, tables: 1 }, { rows: 0, tables: 0 }, true],
  ['few rows, all of them', { rows: 20, tables: 1 }, { rows: 0, tables: 1 }, true],
  ['few rows, most of them', { rows: 99, tables: 9 }, { rows: 1, tables: 1 }, false],
  ['hardly any', { rows: 19, tables: 1 }, { rows: 0, tables: 1 }, false],
  ['nothing ever', { rows: 0, tables: 0 }, { rows: 0, tables: 0 }, false],
  ['more than before', { rows: 1_000, tables: 3 }, { rows: 9_000, tables: 9 }, false],
])('gone is %s', (_, before, now, fallen) => {
  expect(hasFallen(before, now)).toBe(fallen);
});

describe('a backup says of what it fell', () => {
  test('the first backup of all fell of nothing', () => {
    expect(fallOf(undefined, false, { archive: { sizeBytes: 2_000 }, tables: holding(0) })).toBeUndefined();
  });

  test('for as long as it lasts: from the last one before, until it is back', () => {
    const fall = fallOf(previous(holding(1_000)), false, { archive: { sizeBytes: 2_000 }, tables: holding(3) });
    expect(fall).toEqual({ since: FIRED_AT, tables: 2, rows: 1_000 });
    const later = { ...previous(holding(3), fall), firedAt: '2026-11-23T02:00:00.000Z' };
    expect(fallOf(later, false, { archive: { sizeBytes: 2_000 }, tables: holding(3) })).toEqual(fall);
    expect(fallOf(later, false, { archive: { sizeBytes: 2_000 }, tables: holding(100) })).toEqual(fall);
    expect(fallOf(later, false, { archive: { sizeBytes: 2_000 }, tables: holding(101) })).toBeUndefined();
  });

  test('until a person accepts what is left: then that is what the next is compared with', () => {
    const fallen = previous(holding(200), { since: '2026-11-01T02:00:00.000Z', tables: 2, rows: 9_000 });
    expect(fallOf(fallen, true, { archive: { sizeBytes: 2_000 }, tables: holding(200) })).toBeUndefined();
    expect(fallOf(fallen, true, { archive: { sizeBytes: 2_000 }, tables: holding(2) })).toEqual({
      since: FIRED_AT,
      tables: 2,
      rows: 200,
    });
  });

  test('tables of extensions do not count: an empty database has them too', () => {
    const ofExtension = { schema: 'public', name: 'spatial_ref_sys', rows: 8_500, extension: 'postgis' };
    expect(
      fallOf(previous([...holding(1_000), ofExtension]), false, {
        archive: { sizeBytes: 2_000 },
        tables: [ofExtension],
      }),
    ).toMatchObject({
      rows: 1_000,
    });
  });

  test('what is left out from now on is a choice, and no fall', () => {
    const patterns = [{ variable: 'DUMP_EXCLUDE_TABLE' as const, pattern: 'logs', matched: 1 }];
    const leftOut = { ...NOTHING, patterns };
    expect(
      fallOf(previous(holding(1_000)), false, { archive: { sizeBytes: 2_000 }, tables: holding(3), leftOut }),
    ).toBeUndefined();
    const less = { ...NOTHING, patterns: patterns.map((one) => ({ ...one, matched: 0 })) };
    const before = { ...previous(holding(1_000)), leftOut };
    expect(fallOf(before, false, { archive: { sizeBytes: 2_000 }, tables: holding(3), leftOut: less })).toMatchObject({
      rows: 1_000,
    });
  });
});

describe('of a sealed backup dump knows how large its archive is, and nothing else', () => {
  const sealed = (sizeBytes: number, fall?: Manifest['fall']) => ({
    ...{ firedAt: FIRED_AT, archive: { sizeBytes } },
    ...(fall && { fall }),
  });
  const now = (sizeBytes: number, rows: number) => ({ tables: holding(rows), archive: { sizeBytes } });

  test.each([
    ['a tenth of the archive is left', 1_000_000, now(100_000, 50), true],
    ['just more', 1_000_000, now(100_001, 50), false],
    ['no row, and the archive is smaller', 20_000, now(10_000, 0), true],
    ['no row, and there was none', 20_000, now(19_900, 0), false],
    ['a tenth of next to nothing', 50_000, now(4_000, 50), false],
  ])('%s', (_, before, after, fallen) => {
    expect(fallOf(sealed(before), false, after)).toEqual(
      fallen ? { since: FIRED_AT, archiveBytes: before } : undefined,
    );
  });

  test('for as long as it lasts, and until a person accepts it', () => {
    const fall = { since: '2026-11-01T02:00:00.000Z', archiveBytes: 1_000_000 };
    expect(fallOf(sealed(90_000, fall), false, now(90_000, 50))).toEqual(fall);
    expect(fallOf(sealed(90_000, fall), false, now(800_000, 50))).toBeUndefined();
    expect(fallOf(sealed(90_000, fall), true, now(90_000, 50))).toBeUndefined();
  });

  test('sealed since the fall: it lasts until a person accepts it', () => {
    const fall = { since: '2026-11-01T02:00:00.000Z' };
    expect(fallOf(sealed(90_000, fall), false, now(900_000, 5_000))).toEqual(fall);
    expect(fallOf(sealed(90_000, fall), true, now(900_000, 5_000))).toBeUndefined();
  });
});

const NOTHING = {
  ...{ schemas: [], relations: [], rows: [], largeObjects: 0, needs: [], schemasToCreate: [], createsPublic: false },
};
