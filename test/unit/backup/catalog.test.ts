import { describe, expect, test } from 'vitest';
import { buildCatalog, type ListedObject } from '../../../layers/backup/catalog.ts';

const ATTEMPT = '0a7c9d3e-5b1f-4c2d-8e6a-1f2b3c4d5e6f';
const OTHER = '1b8d0e4f-6c2a-4d3e-9f7b-2a3c4d5e6f70';

function listing(keys: readonly string[], at = '2026-11-22T03:00:00Z'): ListedObject[] {
  return keys.map((key) => ({ key, sizeBytes: key.length, modifiedAt: new Date(at) }));
}

test('a firing is gathered from its objects, newest first, by database', () => {
  const { entries } = buildCatalog(
    'pgvouch/',
    listing([
      'pgvouch/crm/2026-11-22T02-00-00Z/manifest.json',
      'pgvouch/shop/2026-11-21T02-00-00Z/manifest.json',
      `pgvouch/shop/2026-11-22T02-00-00Z/archive-${ATTEMPT}.dump`,
      `pgvouch/shop/2026-11-22T02-00-00Z/archive-${OTHER}.dump`,
      `pgvouch/shop/2026-11-22T02-00-00Z/globals-${ATTEMPT}.sql`,
      'pgvouch/shop/2026-11-22T02-00-00Z/manifest.json',
      'pgvouch/shop/2026-11-22T02-00-00Z/verdict-readable.json',
      'pgvouch/shop/2026-11-22T02-00-00Z/retired.json',
      'pgvouch/shop/2026-11-22T02-00-00Z/kept.json',
    ]),
  );
  expect([...entries.keys()].sort()).toEqual(['crm', 'shop']);
  const [newest, older] = entries.get('shop') ?? [];
  expect(newest).toMatchObject({
    firedAt: new Date('2026-11-22T02:00:00Z'),
    archives: [{ attempt: ATTEMPT }, { attempt: OTHER }],
    globals: [{ attempt: ATTEMPT }],
    manifest: { key: 'pgvouch/shop/2026-11-22T02-00-00Z/manifest.json' },
    verdict: 'readable',
    retired: {},
    kept: {},
  });
  expect(older).toMatchObject({ archives: [], verdict: undefined, retired: undefined, kept: undefined });
});

test('an archive without a manifest is an entry, but no backup', () => {
  const { entries } = buildCatalog('pgvouch/', listing([`pgvouch/shop/2026-11-22T02-00-00Z/archive-${ATTEMPT}.dump`]));
  expect(entries.get('shop')).toMatchObject([{ manifest: undefined, archives: [{}] }]);
});

test('of several verdicts the last counts, and of two at once the worse', () => {
  const folder = 'pgvouch/shop/2026-11-22T02-00-00Z';
  const verdictOf = (objects: ListedObject[]) => buildCatalog('pgvouch/', objects).entries.get('shop')?.[0]?.verdict;
  const corrupt = `${folder}/verdict-corrupt.json`;
  const restorable = `${folder}/verdict-restorable.json`;
  expect(
    verdictOf([...listing([corrupt], '2026-11-22T03:00:00Z'), ...listing([restorable], '2026-11-22T04:00:00Z')]),
  ).toBe('restorable');
  expect(
    verdictOf([...listing([corrupt], '2026-11-22T04:00:00Z'), ...listing([restorable], '2026-11-22T03:00:00Z')]),
  ).toBe('corrupt');
  expect(verdictOf(listing([restorable, corrupt]))).toBe('corrupt');
});

describe('of retired.json and undone.json the one written last counts, and of two at once undone.json', () => {
  const folder = 'pgvouch/shop/2026-11-22T02-00-00Z';
  const retired = `${folder}/retired.json`;
  const undone = `${folder}/undone.json`;
  const at = (key: string, hour: number) => listing([key], `2026-11-22T0${hour}:00:00Z`);
  test.each([
    ['no mark', [], false],
    ['retired', at(retired, 3), true],
    ['undone', [...at(retired, 3), ...at(undone, 4)], false],
    ['undone in the same instant', [...at(undone, 3), ...at(retired, 3)], false],
    ['retired anew', [...at(undone, 3), ...at(retired, 4)], true],
    ['undone, the mark gone already', at(undone, 3), false],
  ])('%s', (_, objects, isRetired) => {
    const entry = buildCatalog('pgvouch/', [...listing([`${folder}/manifest.json`]), ...objects]).entries.get(
      'shop',
    )?.[0];
    expect(entry?.retired?.key).toBe(isRetired ? retired : undefined);
    // All of them go at last, retired.json after what undid it.
    const keys = objects.map(({ key }) => key);
    expect(entry?.marks.map(({ key }) => key)).toEqual([undone, retired].filter((key) => keys.includes(key)));
  });
});

test('failures are kept apart, newest first, with or without a database; a database may be called "failures"', () => {
  const { entries, failures } = buildCatalog(
    'pgvouch/',
    listing([
      'pgvouch/failures/2026-11-22T02-00-00.000Z.json',
      'pgvouch/shop/failures/2026-11-21T02-00-00.000Z.json',
      'pgvouch/shop/failures/2026-11-22T02-00-00.000Z.json',
      'pgvouch/failures/2026-11-22T02-00-00Z/manifest.json',
      'pgvouch/failures/failures/2026-11-22T02-00-00.000Z.json',
    ]),
  );
  expect(failures.get('shop')?.map(({ at }) => at.toISOString())).toEqual([
    '2026-11-22T02:00:00.000Z',
    '2026-11-21T02:00:00.000Z',
  ]);
  expect(failures.get(undefined)).toHaveLength(1);
  expect(failures.get('failures')).toHaveLength(1);
  expect(entries.get('failures')).toHaveLength(1);
});

test('what is not ours is not looked at', () => {
  const others = ['pgvouch/readme.txt', 'other/shop/2026-11-22T02-00-00Z/manifest.json', 'pgvouch/retention.json'];
  const { entries, failures } = buildCatalog('pgvouch/', listing(others));
  expect(entries.size + failures.size).toBe(0);
});
