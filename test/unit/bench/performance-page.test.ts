import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { CatalogFigures } from '../../bench/benches/catalog-bench.ts';
import { fillPerformancePage, PAGE } from '../../bench/report/results.ts';

test('docs/performance.md has the tables that were measured last', () => {
  const page = readFileSync(PAGE, 'utf8');
  expect(fillPerformancePage(page)).toBe(page);
  const places = Array.from(page.matchAll(/^<!-- npm run bench -- --what ([\w-]+) -->$/gm), ([, what]) => what);
  expect(places.sort()).toEqual([
    'cage',
    'catalog',
    'cold-start',
    'compression',
    'cost',
    'drill',
    'dump',
    'encryption',
    'memory',
    'pieces',
    'pitr-base',
    'pitr-drill',
    'pitr-lag',
    'pitr-restore',
    'pitr-wal',
    'service',
    'verify',
  ]);
});

test('with 10,000 backups and nothing to do, retention and verify need at most 100 requests', () => {
  const { costs }: CatalogFigures = JSON.parse(readFileSync('test/bench/results/catalog.json', 'utf8'));
  const looks = costs.filter(({ what, backups }) => backups === 10_000 && what.includes('nothing'));
  expect(looks.map(({ what }) => what)).toEqual(['retention, nothing to do', 'verify, nothing without a verdict']);
  for (const { requests } of looks) {
    expect(Object.values(requests).reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(100);
  }
});
