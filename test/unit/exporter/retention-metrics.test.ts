import { expect, test } from 'vitest';
import { formatMetrics } from '../../../functions/exporter/metrics/format-metrics.ts';
import type { Observation } from '../../../functions/exporter/observe/observation.ts';
import type { RetentionReport } from '../../../layers/backup/retention-report.ts';
import { parseOpenMetrics, parsePrometheusText } from '../../support/prometheus/prometheus-text.ts';
import { sampleObservation } from '../../support/status/observation.ts';

const day = (number: number) => new Date(Date.UTC(2026, 10, number, 2));
const seconds = (date: Date) => date.getTime() / 1000;

async function samplesOf(observation: Observation): Promise<Map<string, number>> {
  const { body, contentType } = await formatMetrics([observation], { version: '1.2.3' });
  expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
  return parsePrometheusText(body);
}

const retention: RetentionReport = {
  format: 'pgvouch/retention',
  formatVersion: 1,
  finishedAt: day(9).toISOString(),
  dryRun: false,
  databases: [
    {
      database: 'shop',
      kept: 1,
      retired: 9,
      waiting: 0,
      removed: 0,
      undone: 0,
      unreadable: 5,
      overdue: 4,
      retiredShare: 0.9,
      massRetirement: true,
      swept: { archives: 0, globals: 0, leftovers: 0, failures: 0, uploads: 0 },
    },
  ],
  sweptFailures: 0,
  problems: ['one'],
  totals: {
    deletions: [
      { database: 'shop', policy: 7, orphan: 2, unfinishedUpload: 1, leftover: 3, failureRecord: 4 },
      { policy: 0, orphan: 0, unfinishedUpload: 0, leftover: 0, failureRecord: 5 },
    ],
    tagged: [],
  },
};

test("retention's last run, and what all runs gave up", async () => {
  const samples = await samplesOf(sampleObservation({ retention }));
  expect(samples.get('pgvouch_retention_last_run_timestamp_seconds')).toBe(seconds(day(9)));
  expect(samples.get('pgvouch_retention_mass_retirement{database="shop"}')).toBe(1);
  expect(samples.get('pgvouch_retention_overdue_backups{database="shop"}')).toBe(4);
  expect(samples.get('pgvouch_retention_unreadable_backups{database="shop"}')).toBe(5);
  expect(samples.get('pgvouch_retention_problems')).toBe(1);
  const deleted = (database: string) =>
    ['policy', 'orphan', 'unfinished_upload', 'leftover', 'failure_record'].map((reason) =>
      samples.get(`pgvouch_deletions_total{database="${database}",reason="${reason}"}`),
    );
  expect(deleted('shop')).toEqual([7, 2, 1, 3, 4]);
  expect(deleted('')).toEqual([0, 0, 0, 0, 5]);
  const { totals: _, ...older } = retention;
  const before = await samplesOf(sampleObservation({ retention: older }));
  expect([...before.keys()].filter((id) => id.includes('deletions'))).toEqual([]);
});

test('OpenMetrics says the same', async () => {
  const observation = sampleObservation({ retention });
  const { body, contentType } = await formatMetrics([observation], { version: '1.2.3' }, 'openmetrics');
  expect(contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
  expect(body).toContain('# TYPE pgvouch_deletions counter\npgvouch_deletions_total{');
  expect(parseOpenMetrics(body)).toEqual(await samplesOf(observation));
});
