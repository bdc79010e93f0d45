import { expect, test } from 'vitest';
import { formatMetrics } from '../../../functions/exporter/metrics/format-metrics.ts';
import type { RefreshState } from '../../../functions/exporter/observe/refresh-states.ts';
import { summaryOf } from '../../../functions/exporter/status/judge/summary.ts';
import { renderStatus } from '../../../functions/exporter/status/page/render-status.tsx';
import { parsePrometheusText } from '../../support/prometheus/prometheus-text.ts';
import {
  databaseOf,
  factsOf,
  failureOf,
  failuresOf,
  NOW,
  refreshOf,
  refreshRecord,
} from '../../support/status/facts.ts';
import { sampleObservation } from '../../support/status/observation.ts';

const state: RefreshState = {
  ...{ name: 'staging', from: 'shop', database: 'shop_staging', record: refreshRecord() },
  ...{ overdueAt: new Date('2026-12-01T05:00:00Z'), nextAt: new Date('2026-11-30T05:00:00Z') },
};

async function samplesOf(...refreshes: RefreshState[]): Promise<Record<string, number>> {
  const { body } = await formatMetrics([sampleObservation({ databases: [], refreshes })], { version: '1' });
  return Object.fromEntries([...parsePrometheusText(body)].filter(([id]) => id.startsWith('pgvouch_refresh_')));
}

test('metrics of a refresh that ended well', async () => {
  const at = (name: string) => `pgvouch_refresh_${name}{refresh="staging"}`;
  expect(await samplesOf(state)).toEqual({
    [at('last_success_timestamp_seconds')]: Date.parse('2026-11-23T05:02:11Z') / 1000,
    [at('snapshot_timestamp_seconds')]: Date.parse('2026-11-23T02:00:02Z') / 1000,
    [at('duration_seconds')]: 131,
    [at('failed')]: 0,
    [at('overdue_timestamp_seconds')]: Date.parse('2026-12-01T05:00:00Z') / 1000,
  });
});

test('of one that never ran it is known that it never succeeded; of one that could not be read, nothing', async () => {
  const never = { ...state, record: null, overdueAt: undefined };
  expect(await samplesOf(never)).toEqual({
    'pgvouch_refresh_last_success_timestamp_seconds{refresh="staging"}': 0,
  });
  expect(await samplesOf({ ...never, record: undefined })).toEqual({});
});

const FAILED = {
  at: '2026-11-23T05:00:40.000Z',
  outcome: 'failed',
  problem: 'line 3: column "emial" does not exist',
  hint: 'the database is as it was before',
} as const;

test('a failure is worth a look, once, with its hint; a database is none the worse for it', () => {
  const failure = failureOf(3, { function: 'refresh staging' });
  const facts = factsOf([databaseOf()], {
    ...{ refreshes: [refreshOf({ last: FAILED })], strayFailures: failuresOf([failure]) },
  });
  const { level, findings, databases } = summaryOf(facts, NOW);
  expect(level).toBe('attention');
  expect(databases[0]?.standing.level).toBe('good');
  expect(findings).toEqual([
    {
      ...{ level: 'attention', text: 'The refresh staging failed 3 h ago.', detail: FAILED.problem, hint: FAILED.hint },
    },
  ]);
});

test('the page shows what is in the database, and how its last refresh went', () => {
  const page = (refresh: ReturnType<typeof refreshOf>) =>
    renderStatus(factsOf([databaseOf()], { refreshes: [refresh] }), { database: undefined, version: '1' }, NOW).body;
  const good = page(refreshOf());
  for (const text of [
    ...['shop_staging', 'refreshed from', 'shop/2026-11-23T02-00-00Z', 'Refreshed 3 h ago.'],
    ...['42 tables', 'shop_staging_before_20261123_050000', 'All is well'],
  ]) {
    expect(good).toContain(text);
  }
  expect(page(refreshOf({ last: FAILED }))).toContain('The last refresh failed 3 h ago');
  expect(page(refreshOf({ last: undefined, current: undefined }))).toContain('It was not refreshed yet.');
  const underWay = page(refreshOf({ underWaySince: new Date(NOW.getTime() - 60_000) }));
  expect(underWay).toContain('has not ended');
  expect(page(refreshOf({ known: false, last: undefined, current: undefined }))).toContain('could not be read');
});
