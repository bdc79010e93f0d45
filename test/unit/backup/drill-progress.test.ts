import { describe, expect, test } from 'vitest';
import { beginProgress, nextRun, parseDrillProgress, smallerPieces } from '../../../layers/backup/drill-progress.ts';
import { sampleManifest } from '../../support/world/sample-manifest.ts';

const manifest = sampleManifest({ database: 'shop', firedAt: new Date('2026-11-22T02:00:00Z') });
const reading = { sizeBytes: 10, sha256: 'a'.repeat(64) };
const begun = beginProgress(
  manifest,
  { reading, client: '18.1', pieceBytes: 1000, headBytes: 5, blocks: [[1, 5, 5]] },
  new Date('2026-11-22T02:05:00Z'),
);

test('what is written can be read', () => {
  expect(parseDrillProgress(JSON.stringify(begun), 'drill.json')).toEqual(begun);
});

test('each run counts before it has done anything', () => {
  expect(nextRun(begun, 5000)).toMatchObject({ runs: 1, idleRuns: 1, pieceBytes: 1000 });
});

test('after one that has finished a piece, the plan stands', () => {
  const before = { ...begun, runs: 4, idleRuns: 0, done: 3, plan: [[7], [8]] };
  expect(nextRun(before, 5000)).toEqual({ ...before, runs: 5, idleRuns: 1 });
});

test('after one that has not, pieces become half as large, and are planned anew', () => {
  const next = nextRun({ ...begun, runs: 1, idleRuns: 1, plan: [[7, 8]] }, 5000);
  expect(next).toMatchObject({ runs: 2, idleRuns: 2, pieceBytes: 500 });
  expect(next.plan).toBeUndefined();
});

test('so they do where there is less disk than before', () => {
  const next = nextRun({ ...begun, plan: [[7, 8]] }, 800);
  expect(next.pieceBytes).toBe(800);
  expect(next.plan).toBeUndefined();
});

describe('after a disk that was full', () => {
  const full = { ...begun, runs: 1, idleRuns: 1, plan: [[7, 8], [9]] };

  test('pieces become half as large, and are planned anew', () => {
    const smaller = smallerPieces(full);
    expect(smaller).toMatchObject({ runs: 1, idleRuns: 2, pieceBytes: 500 });
    expect(smaller?.plan).toBeUndefined();
  });

  test('a single table cannot be parted, and a third size in a row is the last', () => {
    expect(smallerPieces({ ...full, plan: [[9], [7, 8]] })).toBeUndefined();
    expect(smallerPieces({ ...full, idleRuns: 3 })).toBeUndefined();
  });

  test('the next run knows nothing of it any more', () => {
    expect(nextRun({ ...full, full: true }, 5000)).not.toHaveProperty('full');
  });
});
