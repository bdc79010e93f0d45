import { expect, test } from 'vitest';
import type { DatabaseDetails, DatabaseState } from '../../../functions/exporter/observe/observation.ts';
import { statusFacts } from '../../../functions/exporter/status/judge/from-observation.ts';
import type { FailureRecord } from '../../../layers/backup/failure.ts';
import { drillKey, failureKey, keptKey, retiredKey, verdictKey } from '../../../layers/backup/keys.ts';
import type { Retired } from '../../../layers/backup/retired.ts';
import type { Verdict } from '../../../layers/backup/verdict.ts';
import {
  emptyState,
  listedBackup,
  listedObject,
  listedOf,
  milestone,
  PREFIX,
  sampleObservation,
} from '../../support/status/observation.ts';

const nameOf = (day: number) => ({ database: 'shop', firedAt: new Date(Date.UTC(2026, 10, day, 2)) });
const NOTHING_READ = { databases: new Map<string, DatabaseDetails>(), failures: [] };

const verdict: Verdict = {
  format: 'pgvouch/verdict',
  formatVersion: 1,
  verdict: 'readable',
  reasons: ['No disk for a restore.'],
  verifiedAt: '2026-11-28T02:01:00.000Z',
  durationMs: 10,
  archiveKey: '',
  sizeBytes: 1,
  sha256: '',
  client: '',
};
const drill = { archiveKey: '', proved: 3, pieces: 7, runs: 2, startedAt: new Date('2026-11-28T02:00:00Z') };
const mark: Retired = {
  format: 'pgvouch/retired',
  formatVersion: 1,
  database: 'shop',
  firedAt: '2026-11-26T02:00:00.000Z',
  retiredAt: '2026-11-27T03:30:00.000Z',
  removeAfter: '2026-12-04T03:30:00.000Z',
  reasons: ['older than 1d'],
};
const record: FailureRecord = {
  format: 'pgvouch/failure',
  formatVersion: 1,
  at: '2026-11-27T02:00:00.000Z',
  function: 'dump',
  error: { type: 'DumpError', problem: 'refused', hint: 'start it' },
  attempts: 3,
  requestId: 'r',
};

test('a listing and the documents beside it, for people', () => {
  const listed = listedOf('shop', [
    ...listedBackup(nameOf(28), 'readable'),
    ...listedBackup(nameOf(27), 'restorable', keptKey(PREFIX, nameOf(27)), retiredKey(PREFIX, nameOf(27))),
    ...listedBackup(nameOf(26), 'restorable', retiredKey(PREFIX, nameOf(26))),
    ...listedBackup(nameOf(25), undefined, retiredKey(PREFIX, nameOf(25)), drillKey(PREFIX, nameOf(25))),
    // No manifest: not a backup.
    ...listedBackup(nameOf(24)).slice(0, 2),
    // No archive any more.
    ...listedBackup(nameOf(23), 'restorable').slice(1),
    listedObject(failureKey(PREFIX, 'shop', new Date(record.at))),
    listedObject(failureKey(PREFIX, 'shop', new Date('2026-11-20T02:00:00Z'))),
  ]);
  const [newest, kept] = listed.entries;
  if (newest === undefined || kept === undefined) throw new Error('no entries');
  const state = {
    ...emptyState('shop'),
    listed,
    newest: milestone(newest),
    newestRestorable: milestone(kept),
    oldestRestorable: milestone(kept),
  };
  const details: DatabaseDetails = {
    verdicts: new Map([[verdictKey(PREFIX, nameOf(28), 'readable'), verdict]]),
    drills: new Map([[drillKey(PREFIX, nameOf(25)), drill]]),
    marks: new Map([
      [retiredKey(PREFIX, nameOf(26)), mark],
      [retiredKey(PREFIX, nameOf(25)), { ...mark, undone: { at: mark.retiredAt, reasons: [] } }],
    ]),
    failures: [record],
  };
  const facts = statusFacts(sampleObservation({ databases: [state] }), {
    databases: new Map([['shop', details]]),
    failures: [record],
  });

  const [shop] = facts.databases;
  expect(shop?.backups?.map(({ firedAt }) => firedAt.getUTCDate())).toEqual([28, 27, 26, 25, 23]);
  const [first, second, third, fourth, last] = shop?.backups ?? [];
  expect(first).toMatchObject({
    verdict: 'readable',
    reasons: ['No disk for a restore.'],
    sizeBytes: 1_110,
    complete: true,
  });
  expect(first?.showsAt.toISOString()).toBe('2026-11-28T02:00:03.000Z');
  expect(second).toMatchObject({ kept: true, retirement: undefined });
  expect(third).toMatchObject({
    retirement: { removeAfter: new Date(mark.removeAfter), reasons: ['older than 1d'], going: false },
    showsAt: nameOf(26).firedAt,
  });
  expect(fourth).toMatchObject({ verdict: undefined, retirement: undefined, drill });
  expect(last).toMatchObject({ verdict: 'corrupt', complete: false });
  expect(shop?.oldestRestorableAt?.toISOString()).toBe('2026-11-27T02:00:03.000Z');
  expect(shop?.failures).toEqual({
    count: 2,
    lastAt: new Date(record.at),
    newest: [
      {
        at: new Date(record.at),
        function: 'dump',
        type: 'DumpError',
        problem: 'refused',
        hint: 'start it',
        attempts: 3,
      },
    ],
  });
  expect(facts.schedule.previousAt?.toISOString()).toBe('2026-11-28T02:00:00.000Z');
  expect(facts.retention.lastRunAt).toBeNull();
  expect(shop).toMatchObject({
    objects: listed.objects,
    newest: { usualArchiveSizeBytes: 1_000, timeUsedRatio: 0.25 },
  });
  expect(facts.storage).toEqual({ objectSizeBytes: listed.objectSizeBytes, strayObjects: 0 });
});

test('what could not be told stays untold', () => {
  const state = { ...emptyState('shop'), listed: undefined, newest: undefined, oldestRestorable: undefined };
  const changes = { vaultUp: false, databases: [state], strays: undefined, retention: undefined };
  const { databases, retention, strayFailures } = statusFacts(sampleObservation(changes), NOTHING_READ);
  expect(databases[0]).toMatchObject({ backups: undefined, newest: undefined, oldestRestorableAt: undefined });
  expect(retention.lastRunAt).toBeUndefined();
  expect(strayFailures.count).toBe(0);
});

test('the last failure is told by the listing, whether its record was read or not', () => {
  const failedAt = new Date('2026-11-28T11:00:00Z');
  const listed = listedOf('shop', [listedObject(failureKey(PREFIX, 'shop', failedAt))]);
  const changes = { databases: [{ ...emptyState('shop'), listed }], strays: listed };
  const { databases, strayFailures } = statusFacts(sampleObservation(changes), NOTHING_READ);
  expect(databases[0]?.failures).toEqual({ count: 1, lastAt: failedAt, newest: [] });
  expect(strayFailures).toEqual({ count: 1, lastAt: failedAt, newest: [] });
});

test('how far back one can go: an instant, nothing, or nobody knows', () => {
  const oldestOf = (changes: Partial<DatabaseState>) => {
    const observation = sampleObservation({ databases: [{ ...emptyState('shop'), ...changes }] });
    return statusFacts(observation, NOTHING_READ).databases[0]?.oldestRestorableAt;
  };
  expect(oldestOf({ oldestRestorable: undefined })).toBeUndefined();
  expect(oldestOf({ listed: listedOf('shop', listedBackup(nameOf(26), 'readable')) })).toBeNull();
  // The listing has one, and its manifest could not be read.
  expect(oldestOf({ listed: listedOf('shop', listedBackup(nameOf(26), 'restorable')) })).toBeUndefined();
});

test('a mark that was not read is a mark still', () => {
  const listed = listedOf('shop', listedBackup(nameOf(26), 'restorable', retiredKey(PREFIX, nameOf(26))));
  const observation = sampleObservation({ databases: [{ ...emptyState('shop'), listed }] });
  const [shop] = statusFacts(observation, NOTHING_READ).databases;
  expect(shop?.backups?.[0]?.retirement).toEqual({ removeAfter: undefined, reasons: [], going: false });
});
