import { expect, test } from 'vitest';
import { formatMetrics } from '../../../functions/exporter/metrics/format-metrics.ts';
import type { DatabaseState } from '../../../functions/exporter/observe/observation.ts';
import { retiredKey } from '../../../layers/backup/keys.ts';
import type { Verdict } from '../../../layers/backup/verdict.ts';
import { parsePrometheusText } from '../../support/prometheus/prometheus-text.ts';
import { emptyState, listedBackup, listedOf, PREFIX, sampleObservation } from '../../support/status/observation.ts';

const name = (day: number) => ({ database: 'shop', firedAt: new Date(Date.UTC(2026, 10, day, 2)) });

async function samplesOf(state: Partial<DatabaseState>): Promise<[string, number][]> {
  const { body } = await formatMetrics([sampleObservation({ databases: [{ ...emptyState('shop'), ...state }] })], {
    version: '1.2.3',
  });
  return [...parsePrometheusText(body)].filter(([sample]) => /restorable_ratio|unproved/.test(sample));
}

test('the share of backups that are restorable, without those that are retired or wait for a verdict', async () => {
  const listed = listedOf('shop', [
    ...listedBackup(name(1), 'corrupt', retiredKey(PREFIX, name(1))),
    ...listedBackup(name(2), 'restorable'),
    ...listedBackup(name(3), 'readable'),
    ...listedBackup(name(4), 'restorable'),
    ...listedBackup(name(5), 'restorable'),
    ...listedBackup(name(6), undefined),
  ]);
  expect(await samplesOf({ listed })).toEqual([['pgvouch_restorable_ratio{database="shop"}', 0.75]]);
});

test('what keeps the newest backup from being restorable, by class', async () => {
  const reasons = ['The scratch server lacks the extension vector 0.8.0: not available.', 'No locale.'];
  const samples = await samplesOf({ newestVerdict: { verdict: 'readable', reasons } as unknown as Verdict });
  expect(samples).toContainEqual(['pgvouch_unproved{class="extension",database="shop"}', 1]);
  expect(samples.filter(([, value]) => value === 1)).toHaveLength(1);
  expect(samples.length).toBeGreaterThan(5);

  const proved = await samplesOf({ newestVerdict: { verdict: 'restorable', reasons } as unknown as Verdict });
  expect(proved.filter(([, value]) => value === 1)).toEqual([]);
});
