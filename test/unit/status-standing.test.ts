import { describe, expect, test } from 'vitest';
import type { DatabaseFacts, StatusFacts } from '../../functions/exporter/status/facts.ts';
import { shellWord } from '../../functions/exporter/status/findings.ts';
import { signOf, standingOf } from '../../functions/exporter/status/standing.ts';
import { summaryOf } from '../../functions/exporter/status/summary.ts';
import { backupOf, databaseOf, factsOf, failureOf, NOW } from '../support/status-facts.ts';

function stand(database: DatabaseFacts, changes: Partial<StatusFacts> = {}) {
  const { level, headline, findings } = standingOf(database, factsOf([database], changes), NOW);
  return { level, headline, texts: findings.map(({ text }) => text), hints: findings.map(({ hint }) => hint) };
}

const UNKNOWN_SCHEDULE = { schedule: { previousAt: undefined, nextAt: undefined } };

describe('how a database stands', () => {
  test('restorable', () => {
    expect(stand(databaseOf())).toEqual({ level: 'good', headline: 'restorable, 6 h ago', texts: [], hints: [] });
  });

  test('readable, and why it was not restored', () => {
    const shop = databaseOf({
      verdict: (daysAgo) => (daysAgo === 0 ? 'readable' : 'restorable'),
      changes: () => ({ reasons: ['No disk.'] }),
    });
    const { findings, level, headline } = standingOf(shop, factsOf([shop]), NOW);
    expect([level, headline]).toEqual(['good', 'readable, 6 h ago; the last restored one is 30 h old']);
    expect(findings).toMatchObject([{ level: 'note', detail: 'No disk.' }]);
  });

  test('readable, and nothing was ever restored', () => {
    const { level, headline } = stand(databaseOf({ verdict: () => 'readable' }));
    expect([level, headline]).toEqual(['good', 'readable, 6 h ago; none was restored yet']);
  });

  test('waiting for its verdict, with a good one before it', () => {
    const shop = databaseOf({
      verdict: (daysAgo) => (daysAgo === 0 ? undefined : 'restorable'),
      changes: () => ({ storedAt: NOW }),
    });
    const { level, headline, texts } = stand(shop);
    expect([level, headline]).toEqual(['attention', 'not verified yet, 6 h ago; the last good one is 30 h old']);
    expect(texts).toEqual([]);
  });

  test('the first one waits', () => {
    const { level, headline } = stand(databaseOf({ days: 1, verdict: () => undefined }), {
      schedule: UNKNOWN_SCHEDULE.schedule,
    });
    expect([level, headline]).toEqual(['trouble', 'verify is late: not verified yet, 6 h ago; none was proved yet']);
  });

  test('waiting for too long', () => {
    const { level, texts, hints } = stand(
      databaseOf({ verdict: (daysAgo) => (daysAgo < 3 ? undefined : 'restorable') }),
    );
    expect([level, texts]).toEqual(['trouble', ['A backup has waited 2 days for its verdict.']]);
    expect(hints[0]).toContain('npx pgvouch verify --all-unverified');
  });

  test.each(['corrupt', 'unrestorable'] as const)('the newest is %s, an older one is good', (verdict) => {
    const shop = databaseOf({ verdict: (daysAgo) => (daysAgo === 0 ? verdict : 'restorable') });
    const { level, headline, texts, hints } = stand(shop);
    expect([level, headline]).toEqual(['trouble', `${verdict}, 6 h ago; the last good one is 30 h old`]);
    expect(texts).toEqual([`The newest backup is ${verdict}.`]);
    expect(hints[0]).toBe(
      'npx pgvouch dump --database shop takes another one now; npx pgvouch restore takes the newest proved one by itself.',
    );
  });

  test('all are corrupt: no restore is promised', () => {
    const { headline, texts, hints } = stand(databaseOf({ verdict: () => 'corrupt' }));
    expect(headline).toBe('corrupt, 6 h ago; none was proved yet');
    expect(texts).toEqual(['The newest backup is corrupt.', 'No backup that is left was proved.']);
    expect(hints.join()).not.toContain('restore');
  });

  test('never backed up', () => {
    const { level, headline, hints } = stand(databaseOf({ days: 0 }));
    expect([level, headline]).toEqual(['trouble', 'never backed up']);
    expect(hints[0]).toBe('The next run is due 02:00 UTC, in 17 h; npx pgvouch dump --database shop takes one now.');
  });

  test('the bucket does not answer', () => {
    const { level, headline } = stand(databaseOf({}, { backups: undefined }), { vaultUp: false });
    expect([level, headline]).toEqual(['unknown', 'cannot be told: the bucket does not answer']);
  });

  test('not configured any more: its age alarms nobody', () => {
    const backups = [backupOf(40), backupOf(41), backupOf(42), backupOf(43), backupOf(44)];
    const { level, headline, texts } = stand(databaseOf({}, { backups, configured: false }));
    expect([level, headline, texts]).toEqual(['idle', 'restorable, 40 days ago; not configured any more', []]);
  });
});

describe('overdue', () => {
  const yesterday = databaseOf({}, { backups: [1, 2, 3, 4, 5].map((daysAgo) => backupOf(daysAgo)) });

  test('by the schedule', () => {
    const { level, headline, texts } = stand(yesterday);
    expect([level, headline]).toEqual(['trouble', 'overdue; newest restorable, 30 h ago']);
    expect(texts).toEqual(['Overdue: the run of 02:00 UTC left no backup.']);
  });

  test('a dump that may still run is not overdue', () => {
    const previousAt = new Date(NOW.getTime() - 50 * 60_000);
    expect(stand(yesterday, { schedule: { previousAt, nextAt: undefined } }).level).toBe('good');
    const { newest } = databaseOf();
    const slow = databaseOf({}, { ...yesterday, newest: newest && { ...newest, dumpMs: 4 * 3_600_000 } });
    expect(stand(slow).level).toBe('good');
  });

  test('by the rhythm of the backups where no schedule is known', () => {
    expect(stand(yesterday, UNKNOWN_SCHEDULE).texts).toEqual([
      'Overdue: backups came at most 24 h apart, and the newest is 30 h old.',
    ]);
    // On working days only.
    const weekly = databaseOf({}, { backups: [3, 4, 5, 8, 9].map((daysAgo) => backupOf(daysAgo)) });
    expect(stand(weekly, UNKNOWN_SCHEDULE).texts).toEqual([
      'Overdue: backups came at most 3 days apart, and the newest is 3 days old.',
    ]);
    const sunday = databaseOf({}, { backups: [2, 3, 4, 5, 8, 9].map((daysAgo) => backupOf(daysAgo)) });
    expect(stand(sunday, UNKNOWN_SCHEDULE).level).toBe('good');
    const two = databaseOf({}, { backups: [5, 6].map((daysAgo) => backupOf(daysAgo)) });
    expect(stand(two, UNKNOWN_SCHEDULE).level).toBe('good');
  });
});

describe('failures', () => {
  test('one since the last good backup is told with its hint', () => {
    const { level, texts, hints } = stand(databaseOf({}, { failures: { count: 1, newest: [failureOf(2)] } }));
    expect([level, texts]).toEqual(['trouble', ['dump failed 2 h ago.']]);
    expect(hints).toEqual(['start the server, or correct POSTGRES_HOST']);
  });

  test('one before it is history', () => {
    expect(stand(databaseOf({}, { failures: { count: 1, newest: [failureOf(20)] } })).level).toBe('good');
  });

  test('a bad verdict is not told twice', () => {
    const failures = { count: 1, newest: [failureOf(5, { function: 'verify' })] };
    const shop = databaseOf({ verdict: (daysAgo) => (daysAgo === 0 ? 'corrupt' : 'restorable') }, { failures });
    expect(stand(shop).texts).toEqual(['The newest backup is corrupt.']);
  });
});

test('what wants a person, but alarms nobody', () => {
  const { level, texts } = stand(databaseOf({}, { unreadableManifests: 2, massRetirement: true, overdueRemovals: 1 }));
  expect(level).toBe('attention');
  expect(texts).toEqual([
    '2 manifests cannot be read: damaged, or written by a newer pgvouch.',
    'Retention’s last run gave up more than half of the backups.',
    '1 backup should have been removed by the bucket’s lifecycle by now.',
  ]);
});

test('the sign of a backup', () => {
  const retirement = { removeAfter: NOW, reasons: [], going: false };
  expect(signOf(backupOf(0))).toBe('restorable');
  expect(signOf(backupOf(0, { verdict: undefined }))).toBe('waiting');
  expect(signOf(backupOf(0, { retirement }))).toBe('retired');
  expect(signOf(backupOf(0, { retirement, verdict: 'corrupt' }))).toBe('corrupt');
});

test.each([
  ['shop', 'shop'],
  ['my shop', "'my shop'"],
  ["it's", "'it'\\''s'"],
  ['$(rm -rf)', "'$(rm -rf)'"],
])('%s on a command line is %s', (name, word) => {
  expect(shellWord(name)).toBe(word);
});

describe('what is said first', () => {
  const say = (...args: Parameters<typeof factsOf>) => {
    const { level, title, lead } = summaryOf(factsOf(...args), NOW);
    return [level, title, lead];
  };

  test('all is well', () => {
    expect(say([databaseOf()])).toEqual([
      'good',
      'All is well',
      'The newest backup was restored into a scratch server, and what came back was compared.',
    ]);
    expect(say([databaseOf(), databaseOf({ name: 'b', verdict: () => 'readable' })])).toEqual([
      'good',
      'All is well',
      'Of the newest backups of 2 databases: 1 restored and compared, 1 read to the last byte.',
    ]);
  });

  test('who is in trouble, the worst first', () => {
    const databases = [databaseOf({ name: 'a' }), databaseOf({ name: 'b', days: 0 })];
    expect(say(databases).slice(0, 2)).toEqual(['trouble', 'b needs you']);
    const { databases: ordered } = summaryOf(factsOf(databases), NOW);
    expect(ordered.map(({ facts }) => facts.name)).toEqual(['b', 'a']);
    expect(say([...databases, databaseOf({ name: 'c', days: 0 })])[1]).toBe('2 of 3 databases need you');
  });

  test('a vault that is down hides no trouble, and is never well', () => {
    const down = databaseOf({}, { backups: undefined });
    expect(say([down], { vaultUp: false }).slice(0, 2)).toEqual(['unknown', 'The bucket does not answer']);
    expect(say([databaseOf()], { vaultUp: false })[0]).toBe('unknown');
    expect(say([down, databaseOf({ name: 'b', days: 0 })], { vaultUp: false })[0]).toBe('trouble');
    expect(summaryOf(factsOf([databaseOf()], { vaultUp: false }), NOW).findings).toHaveLength(1);
  });

  test('nothing is known', () => {
    expect(say([]).slice(0, 2)).toEqual(['attention', 'No database is known']);
  });

  test('what belongs to no database', () => {
    const stray = { count: 1, newest: [failureOf(2, { function: 'retention' })] };
    expect(say([databaseOf()], { strayFailures: stray }).slice(0, 2)).toEqual(['attention', 'Worth a look']);
    const problems = ['shop: could not be read.'];
    const retention = { lastRunAt: NOW, problems, removes: true };
    expect(say([databaseOf()], { retention }).slice(0, 2)).toEqual(['attention', 'Worth a look']);
  });
});
