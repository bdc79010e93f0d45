import { describe, expect, test } from 'vitest';
import { summaryOf } from '../../../functions/exporter/status/judge/summary.ts';
import { databaseOf, factsOf, failureOf, failuresOf, NOW } from '../../support/status/facts.ts';

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
    const today = databaseOf({ name: 'b', verdict: (daysAgo) => (daysAgo === 0 ? 'readable' : 'restorable') });
    expect(say([databaseOf(), today])).toEqual([
      'good',
      'All is well',
      'Of the newest backups of 2 databases: 1 restored and compared, 1 read to the last byte.',
    ]);
  });

  test('what the newest backup lacks is a note, and all is well', () => {
    const { newest, ...shop } = databaseOf();
    const text = 'The backup lacks the subscriptions (feed): …';
    const lacking = { ...shop, newest: newest && { ...newest, remarks: [text] } };
    expect(say([lacking])[1]).toBe('All is well');
    const [database] = summaryOf(factsOf([lacking]), NOW).databases;
    expect(database?.standing.findings).toMatchObject([{ level: 'note', text }]);
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
    expect(say([databaseOf()], { vaultUp: false })).toEqual([
      'unknown',
      'Not all could be read',
      expect.stringContaining('All backups were listed'),
    ]);
    expect(say([], { vaultUp: false })[1]).toBe('The bucket does not answer');
    expect(say([down, databaseOf({ name: 'b', days: 0 })], { vaultUp: false })[0]).toBe('trouble');
    expect(summaryOf(factsOf([databaseOf()], { vaultUp: false }), NOW).findings).toHaveLength(1);
  });

  test('nothing is known', () => {
    expect(say([]).slice(0, 2)).toEqual(['attention', 'No database is known']);
  });

  test('what belongs to no database', () => {
    const stray = failuresOf([failureOf(2, { function: 'retention' })]);
    expect(say([databaseOf()], { strayFailures: stray }).slice(0, 2)).toEqual(['attention', 'Worth a look']);
    const problems = ['shop: could not be read.'];
    const retention = { lastRunAt: NOW, problems, removes: true };
    expect(say([databaseOf()], { retention }).slice(0, 2)).toEqual(['attention', 'Worth a look']);
  });

  test('retention that does not run, a lifecycle that removes nothing', () => {
    const textsOf = (lastRunAt: Date | null | undefined, removes: boolean, database = databaseOf()) => {
      const facts = factsOf([database], { retention: { lastRunAt, problems: [], removes } });
      return summaryOf(facts, NOW).findings.map(({ text }) => text);
    };
    const daysAgo = (days: number) => new Date(NOW.getTime() - days * 86_400_000);
    expect(textsOf(daysAgo(60), true)).toEqual(['Retention last ran 60 days ago.']);
    expect(textsOf(daysAgo(7), true)).toEqual([]);
    expect(textsOf(null, true)).toEqual(['Retention never ran, and there are backups that are old.']);
    expect(textsOf(null, true, databaseOf({ days: 3 }))).toEqual([]);
    expect(textsOf(undefined, true)).toEqual([]);
    const retired = (going: boolean) =>
      databaseOf({ changes: (day) => (day > 30 ? { retirement: { removeAfter: NOW, reasons: [], going } } : {}) });
    expect(textsOf(NOW, false, retired(true))).toEqual([
      'Backups were given to the bucket’s lifecycle, which removes nothing.',
    ]);
    expect(textsOf(NOW, false, retired(false))).toEqual([]);
  });
});
