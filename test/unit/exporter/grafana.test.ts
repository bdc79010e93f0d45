import { expect, test } from 'vitest';
import { METRICS, PREFIX } from '../../../functions/exporter/metrics/metrics.ts';
import { shippedRules } from '../../support/prometheus/alert-files.ts';
import { queriesOf, shippedDashboard } from '../../support/prometheus/dashboard.ts';

const dashboard = shippedDashboard();
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const known = new Set(METRICS.map(({ name }) => `${PREFIX}${name}`));
const used = new Set(queriesOf(dashboard).flatMap(({ written }) => written.match(/\bpgvouch[_:]\w+/g) ?? []));

test('it is a dashboard as Grafana 12 writes them', () => {
  expect(dashboard).toMatchObject({ uid: 'pgvouch', title: 'pgvouch', schemaVersion: 41 });
  expect(dashboard).not.toHaveProperty('id');
  const ids = dashboard.panels.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

test('it asks which Prometheus, which servers, and which databases', () => {
  const [datasource, server, database, ...more] = dashboard.templating.list;
  expect(datasource).toMatchObject({ name: 'datasource', type: 'datasource', query: 'prometheus' });
  // All of them are those without the label, too: a server need not have a name.
  const asked = { type: 'query', multi: true, includeAll: true, allValue: '.*' };
  expect(server).toMatchObject({ ...asked, name: 'server' });
  expect(server?.definition).toBe('label_values(pgvouch_database_configured, server)');
  expect(database).toMatchObject({ ...asked, name: 'database' });
  expect(database?.definition).toBe('label_values(pgvouch_database_configured{server=~"$server"}, database)');
  expect(more).toEqual([]);
});

test.each(panels)('the panel "$title" says what it shows, of the Prometheus that was chosen', (panel) => {
  expect(panel.description).toMatch(/\.$/);
  expect(panel.fieldConfig?.defaults.unit).toBeTruthy();
  expect(panel.targets?.length).toBeGreaterThan(0);
  const sources = [panel, ...(panel.targets ?? [])].map(({ datasource }) => datasource);
  for (const source of sources)
    expect(source).toEqual({ type: 'prometheus', uid: expect.stringMatching(/^\$\{datasource\}$/) });
});

test('panels fill their lines and do not overlap', () => {
  const cells = new Set<string>();
  for (const { gridPos, title } of dashboard.panels) {
    const { x, y, w, h } = gridPos;
    expect(x + w, title).toBeLessThanOrEqual(24);
    for (let column = x; column < x + w; column++) {
      for (let line = y; line < y + h; line++) {
        expect(cells.has(`${column},${line}`), title).toBe(false);
        cells.add(`${column},${line}`);
      }
    }
  }
  const height = Math.max(...dashboard.panels.map(({ gridPos: { y, h } }) => y + h));
  expect(cells.size).toBe(24 * height);
});

test('every metric that it names exists', () => {
  expect([...used].filter((name) => !known.has(name))).toEqual([]);
});

test('every metric is shown, but for ages, which are for tools without time()', () => {
  const shown = [...known].filter((name) => !name.endsWith('_age_seconds'));
  expect(shown.filter((name) => !used.has(name))).toEqual([]);
});

test('every metric that the alerts name exists', () => {
  const named = shippedRules().flatMap(({ expr }) => expr.match(/\bpgvouch_\w+/g) ?? []);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});
