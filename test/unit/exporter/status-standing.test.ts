import { describe, expect, test } from 'vitest';
import { judgeDatabase } from '../../../functions/exporter/status/judge/database-standing.ts';
import type { DatabaseFacts } from '../../../functions/exporter/status/judge/facts.ts';
import { backupOf, databaseOf, failureOf, failuresOf, NOW } from '../../support/status/facts.ts';

function stand(database: DatabaseFacts) {
  const { level, headline, findings } = judgeDatabase(database, NOW);
  return { level, headline, texts: findings.map(({ text }) => text), hints: findings.map(({ hint }) => hint) };
}

/** A database whose schedule nobody knows. */
const unscheduled = (database: DatabaseFacts) => ({ ...database, due: undefined });

describe('how a database stands', () => {
  test('restorable', () => {
    expect(stand(databaseOf())).toEqual({ level: 'good', headline: 'restorable, 6 h ago', texts: [], hints: [] });
  });

  test('readable, and why it was not restored', () => {
    const shop = databaseOf({
      verdict: (daysAgo) => (daysAgo === 0 ? 'readable' : 'restorable'),
      changes: () => ({ reasons: ['No restore was tried.'] }),
    });
    const { findings, level, headline } = judgeDatabase(shop, NOW);
    expect([level, headline]).toEqual(['good', 'readable, 6 h ago; the last restored one is 30 h old']);
    expect(findings).toMatchObject([
      { level: 'note', detail: 'No restore was tried.', hint: 'Set DRILL=on: restores are then tried.' },
    ]);
  });

  test('readable, and nothing was ever restored', () => {
    const { level, headline, texts, hints } = stand(databaseOf({ verdict: () => 'readable' }));
    expect([level, headline]).toEqual(['attention', 'readable, 6 h ago; none was restored yet']);
    expect(texts[0]).toBe('No backup that is left was restored on trial.');
    expect(hints[0]).toContain('npx pgvouch verify latest --database shop');
    // The first ones may still be on their way.
    const first = databaseOf({ days: 1, verdict: () => 'readable', changes: () => ({ storedAt: NOW }) });
    expect(stand(first).level).toBe('good');
  });

  test('readable for longer than drills may be away', () => {
    const { level, headline, texts } = stand(
      databaseOf({ verdict: (daysAgo) => (daysAgo < 4 ? 'readable' : 'restorable') }),
    );
    expect([level, headline]).toEqual(['attention', 'readable, 6 h ago; the last restored one is 4 days old']);
    expect(texts[0]).toBe('The last backup that was restored on trial is 4 days old.');
  });

  test('restorable, and older ones are bad', () => {
    const verdict = (daysAgo: number) => (daysAgo > 0 && daysAgo < 9 ? 'corrupt' : 'restorable');
    const shop = databaseOf({ verdict });
    const { findings, level, headline } = judgeDatabase(shop, NOW);
    expect([level, headline]).toEqual(['trouble', '8 corrupt; newest restorable, 6 h ago']);
    expect(findings).toMatchObject([
      {
        text: '8 other backups are corrupt.',
        detail: 'Those of 22 November, 21 November, 20 November, 19 November, 18 November and 3 more days.',
        hint: expect.stringContaining('npx pgvouch list --database shop'),
      },
    ]);
    // What retention let go is nobody's trouble any more.
    const retirement = { removeAfter: NOW, reasons: [], going: false };
    expect(stand(databaseOf({ verdict, changes: (daysAgo) => (daysAgo > 0 ? { retirement } : {}) })).level).toBe(
      'good',
    );
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
    const { level, headline } = stand(unscheduled(databaseOf({ days: 1, verdict: () => undefined })));
    expect([level, headline]).toEqual(['trouble', 'verify is late: not verified yet, 6 h ago; none was proved yet']);
  });

  test('waiting for too long', () => {
    const { level, texts, hints } = stand(
      databaseOf({ verdict: (daysAgo) => (daysAgo < 3 ? undefined : 'restorable') }),
    );
    expect([level, texts[0]]).toEqual(['trouble', 'A backup has waited 2 days for its verdict.']);
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
    expect(texts).toEqual([
      'The newest backup is corrupt.',
      'No backup that is left was proved.',
      '364 other backups are corrupt.',
    ]);
    expect(hints.join()).not.toContain('restore');
  });

  test('never backed up', () => {
    const { level, headline, hints } = stand(databaseOf({ days: 0 }));
    expect([level, headline]).toEqual(['trouble', 'never backed up']);
    expect(hints[0]).toBe('The next run is due 02:00 UTC, in 17 h; npx pgvouch dump --database shop takes one now.');
  });

  test('the bucket does not answer', () => {
    const { level, headline } = stand(databaseOf({}, { backups: undefined }));
    expect([level, headline]).toEqual(['unknown', 'unknown: the bucket does not answer']);
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
    const [unansweredAt, overdueAt] = [-50, 10].map((minutes) => new Date(NOW.getTime() + minutes * 60_000));
    expect(stand({ ...yesterday, due: { nextAt: undefined, unansweredAt, overdueAt } }).level).toBe('good');
    const { newest } = databaseOf();
    const slow = databaseOf(
      {},
      { backups: yesterday.backups, newest: newest && { ...newest, durationMs: 4 * 3_600_000 } },
    );
    expect(stand(slow)).toMatchObject({ level: 'attention', texts: ['Late: the run of 02:00 UTC left no backup.'] });
  });

  test('by the rhythm of the backups where no schedule is known', () => {
    expect(stand(unscheduled(yesterday)).texts).toEqual([
      'Overdue: backups came at most 24 h apart, and the newest is 30 h old.',
    ]);
    // On working days only.
    const weekly = databaseOf({}, { backups: [3, 4, 5, 8, 9].map((daysAgo) => backupOf(daysAgo)) });
    expect(stand(unscheduled(weekly)).texts[0]).toBe(
      'Overdue: backups came at most 3 days apart, and the newest is 3 days old.',
    );
    const sunday = databaseOf({}, { backups: [2, 3, 4, 5, 8, 9].map((daysAgo) => backupOf(daysAgo)) });
    expect(stand(unscheduled(sunday))).toMatchObject({
      level: 'attention',
      texts: ['Late: backups mostly come 24 h apart, and the newest is 2 days old.'],
    });
    const onceLate = databaseOf({}, { backups: [0, 1, 2, 12, 13].map((daysAgo) => backupOf(daysAgo)) });
    expect(stand(unscheduled(onceLate)).level).toBe('good');
  });

  test('by a day where nothing tells how often one comes', () => {
    const two = (daysAgo: number) => databaseOf({}, { backups: [daysAgo, 6].map((one) => backupOf(one)) });
    expect(stand(unscheduled(two(0))).level).toBe('good');
    expect(stand(unscheduled(two(2))).texts).toEqual([
      'Overdue: the newest backup is 2 days old, and there are too few to say how often one comes.',
    ]);
  });

  test('a backup of the future says nothing about today', () => {
    const ahead = [backupOf(-30_000), ...[10, 11, 12, 13].map((daysAgo) => backupOf(daysAgo))];
    const { level, headline, texts } = stand(databaseOf({}, { backups: ahead }));
    expect([level, headline]).toEqual(['trouble', 'overdue; newest restorable, 10 days ago']);
    expect(texts).toContainEqual(expect.stringMatching(/^1 backup is dated in the future, the newest 2109-/));
    const well = [backupOf(-1), ...[0, 1, 2].map((daysAgo) => backupOf(daysAgo))];
    expect(stand(databaseOf({}, { backups: well })).level).toBe('attention');
    const none = stand(databaseOf({}, { backups: [backupOf(-1)] }));
    expect([none.level, none.headline]).toEqual(['attention', 'unknown: all backups are dated in the future']);
    // Clocks differ by seconds.
    const soon = new Date(NOW.getTime() + 20_000);
    const skewed = backupOf(0, { firedAt: soon, showsAt: soon, storedAt: soon });
    expect(stand(databaseOf({}, { backups: [skewed, backupOf(1)] })).level).toBe('good');
    // As far ahead as clocks may differ is present, to the metrics too; a minute more is not.
    const levelAt = (minutes: number) => {
      const at = new Date(NOW.getTime() + minutes * 60_000);
      const ahead = backupOf(0, { firedAt: at, showsAt: at, storedAt: at });
      return stand(databaseOf({}, { backups: [ahead, backupOf(0)] })).level;
    };
    expect([levelAt(14), levelAt(16)]).toEqual(['good', 'attention']);
  });
});

describe('failures', () => {
  test('one since the last good backup is told with its hint', () => {
    const { level, texts, hints } = stand(databaseOf({}, { failures: failuresOf([failureOf(2)]) }));
    expect([level, texts]).toEqual(['trouble', ['dump failed 2 h ago.']]);
    expect(hints).toEqual(['start the server, or correct POSTGRES_HOST']);
  });

  test('one before it is history', () => {
    expect(stand(databaseOf({}, { failures: failuresOf([failureOf(20)]) })).level).toBe('good');
  });

  test('one whose record was not read is told all the same', () => {
    const lastAt = new Date(NOW.getTime() - 7_200_000);
    const unread = databaseOf({}, { failures: { count: 1, lastAt, newest: [] } });
    expect(stand(unread)).toMatchObject({
      ...{ level: 'trouble', headline: 'failed; newest restorable, 6 h ago' },
      texts: ['A function failed 2 h ago.'],
    });
    // The newest record is damaged: what an older one says is not said of it.
    const damaged = databaseOf({}, { failures: { count: 2, lastAt, newest: [failureOf(30)] } });
    expect(stand(damaged).texts).toEqual(['A function failed 2 h ago.']);
  });

  test('of a database that is not configured: told for a day, for no success will come', () => {
    const gone = (hours: number) => databaseOf({}, { configured: false, failures: failuresOf([failureOf(hours)]) });
    expect(stand(gone(24)).level).toBe('trouble');
    expect(stand(gone(26)).level).toBe('idle');
  });

  test('a bad verdict is not told twice', () => {
    const failures = failuresOf([failureOf(5, { function: 'verify' })]);
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
