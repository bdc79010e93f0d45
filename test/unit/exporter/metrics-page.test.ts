import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { METRICS, PREFIX } from '../../../functions/exporter/metrics/metrics.ts';
import { fillMetricsPage } from '../../../functions/exporter/metrics/metrics-page.ts';

const read = (file: string) => readFileSync(path.resolve(import.meta.dirname, '../../..', file), 'utf8');

describe('docs/metrics.md', () => {
  const page = read('docs/metrics.md');

  test('has every metric, as the code has it: npm run docs:metrics writes it', () => {
    expect(fillMetricsPage(page)).toBe(page);
    for (const { name } of METRICS) expect(page).toContain(`| \`${PREFIX}${name}\` |`);
  });

  test('a page without a place for the table is refused', () => {
    expect(() => fillMetricsPage('# Metrics\n')).toThrow(/no place/);
  });
});

const pages = readdirSync(path.resolve(import.meta.dirname, '../../../docs')).filter((file) => file.endsWith('.md'));

test.each(['README.md', ...pages.map((page) => `docs/${page}`)])('%s names only metrics that there are', (file) => {
  const named = new Set(Array.from(read(file).matchAll(/`(pgvouch_[a-z_]+)[`{]/g), ([, name]) => name));
  const known = new Set(METRICS.map(({ name }) => `${PREFIX}${name}`));
  if (file === 'README.md') expect(named.size).toBeGreaterThan(3);
  expect([...named].filter((name) => !known.has(name ?? ''))).toEqual([]);
});

describe('every metric', () => {
  test.each(METRICS.map((metric) => [metric.name, metric] as const))('%s keeps to the conventions', (name, metric) => {
    expect(name).toMatch(/^[a-z][a-z_]*[a-z]$/);
    // Base units, as a suffix; a counter, and nothing else, ends in _total.
    expect(name).not.toMatch(/_(ms|milliseconds|minutes|hours|days|kb|mb|kilobytes|megabytes)(_|$)/);
    expect(name.endsWith('_total')).toBe(metric.type === 'counter');
    expect(metric.help).toMatch(/^[A-Z0-9].*\.$/);
    expect(metric.help).not.toMatch(/["\n\\]/);
  });

  test('has a name of its own', () => {
    expect(new Set(METRICS.map(({ name }) => name)).size).toBe(METRICS.length);
  });
});
