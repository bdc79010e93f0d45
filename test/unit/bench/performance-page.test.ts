import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fillPerformancePage, PAGE } from '../../bench/report/results.ts';

test('docs/performance.md has the tables that were measured last', () => {
  const page = readFileSync(PAGE, 'utf8');
  expect(fillPerformancePage(page)).toBe(page);
  const places = Array.from(page.matchAll(/^<!-- npm run bench -- --what ([\w-]+) -->$/gm), ([, what]) => what);
  expect(places.sort()).toEqual(['cage', 'catalog', 'cold-start', 'compression', 'cost', 'dump', 'memory', 'verify']);
});
