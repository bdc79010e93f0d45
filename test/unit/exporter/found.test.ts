import { describe, expect, test } from 'vitest';
import { formatMetrics } from '../../../functions/exporter/metrics/format-metrics.ts';
import { dumpWaitsMs, foundFacts } from '../../../functions/exporter/observe/found.ts';
import type { Observation } from '../../../functions/exporter/observe/observation.ts';
import { judgeDatabase } from '../../../functions/exporter/status/judge/database-standing.ts';
import type { DatabaseFacts } from '../../../functions/exporter/status/judge/facts.ts';
import type { FoundDatabases } from '../../../layers/backup/found-databases.ts';
import { parsePrometheusText } from '../../support/prometheus/prometheus-text.ts';
import { backupOf, databaseOf, NOW } from '../../support/status/facts.ts';
import { emptyState, listedBackup, listedOf, milestone, sampleObservation } from '../../support/status/observation.ts';

const HOUR_MS = 3_600_000;
const SINCE = '2026-11-22T02:00:00.000Z';

const FOUND: FoundDatabases = {
  ...{ format: 'pgvouch/databases', formatVersion: 1, firedAt: SINCE, foundAt: SINCE, concurrency: 2 },
  server: { systemIdentifier: '7431234567890123456', standby: false, name: 'db:5432' },
  databases: ['new', 'big', 'middle', 'small'].map((name) => ({ name, since: SINCE })),
  gone: [{ name: 'old', since: '2026-11-20T02:00:00.000Z' }],
  apart: [],
};

/** Each as if its last dump had taken so many seconds. */
function observed(durations: Readonly<Record<string, number>>, found: FoundDatabases | null | undefined): Observation {
  const databases = Object.entries(durations).map(([database, seconds]) => {
    const { entries } = listedOf(database, listedBackup({ database, firedAt: new Date(SINCE) }));
    const { entry, manifest } = milestone(entries[0] as never);
    const newest = seconds === 0 ? null : { entry, manifest: { ...manifest, durationMs: 1000 * seconds } };
    return { ...emptyState(database), newest, ...foundFacts(found, database) };
  });
  return { ...sampleObservation({ databases }), finds: true, found };
}

describe('when dumps begin', () => {
  const durations = { small: 10, middle: 600, big: 3000, new: 0, old: 100 };

  test('in the order of the finding, so many at once, as long as each took last', () => {
    expect(Object.fromEntries(dumpWaitsMs(observed(durations, FOUND)))).toEqual({
      ...{ new: 0, big: 0, middle: 0, small: 600_000 },
    });
    const one = { ...FOUND, concurrency: 1 };
    expect(Object.fromEntries(dumpWaitsMs(observed(durations, one)))).toEqual({
      ...{ new: 0, big: 0, middle: 3_000_000, small: 3_600_000 },
    });
    expect(dumpWaitsMs(observed(durations, null)).size).toBe(0);
  });

  test('metrics name the databases that are gone, and say if nobody knows which were found', async () => {
    const samples = async (found: FoundDatabases | null | undefined) => {
      const { body } = await formatMetrics([observed(durations, found)], { version: '1' });
      return Object.fromEntries(
        [...(await parsePrometheusText(body))].filter(([name]) => /dump_wait|gone|unknown/.test(name)),
      );
    };
    expect(await samples(FOUND)).toEqual({
      'pgvouch_database_gone_timestamp_seconds{database="old"}': Date.parse('2026-11-20T02:00:00Z') / 1000,
      pgvouch_databases_unknown: 0,
      'pgvouch_dump_wait_seconds{database="new"}': 0,
      'pgvouch_dump_wait_seconds{database="big"}': 0,
      'pgvouch_dump_wait_seconds{database="middle"}': 0,
      'pgvouch_dump_wait_seconds{database="small"}': 600,
    });
    expect(await samples(null)).toEqual({ pgvouch_databases_unknown: 0 });
    expect(await samples(undefined)).toEqual({ pgvouch_databases_unknown: 1 });
  });
});

describe('the page', () => {
  const stand = (database: DatabaseFacts) => {
    const { level, headline, findings } = judgeDatabase(database, NOW);
    return { level, headline, texts: findings.map(({ text }) => text) };
  };

  test('just found: it is about to be backed up; an hour later that is trouble, unless it has to wait', () => {
    const found = (minutes: number, waitMs = 0) =>
      stand(databaseOf({ days: 0 }, { foundSince: new Date(NOW.getTime() - 60_000 * minutes), waitMs }));
    expect(found(10)).toEqual({
      ...{ level: 'attention', headline: 'never backed up' },
      texts: ['It was found 10 min ago, and is about to be backed up.'],
    });
    expect(found(120).level).toBe('trouble');
    expect(found(120, 2 * HOUR_MS).level).toBe('attention');
  });

  test('gone from the server: its age alarms nobody', () => {
    const backups = [backupOf(40), backupOf(41), backupOf(42)];
    const goneSince = new Date('2026-10-15T02:00:00Z');
    expect(stand(databaseOf({}, { backups, configured: false, goneSince }))).toEqual({
      ...{ level: 'idle', headline: 'restorable, 40 days ago; gone since 15 October, 02:00 UTC', texts: [] },
    });
  });

  test('one that waits for those before it is late by that much later', () => {
    const yesterday = databaseOf({}, { backups: [1, 2, 3, 4, 5].map((daysAgo) => backupOf(daysAgo)) });
    expect(stand(yesterday).level).toBe('trouble');
    expect(stand({ ...yesterday, waitMs: 12 * HOUR_MS }).level).toBe('good');
  });
});
