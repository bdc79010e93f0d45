import { describe, expect, test } from 'vitest';
import { parseKept } from '../../../layers/backup/kept.ts';
import { parseRetentionReport, type RetentionReport } from '../../../layers/backup/retention-report.ts';
import { parseRetired, type Retired } from '../../../layers/backup/retired.ts';

const retired: Retired = {
  format: 'pgvouch/retired',
  formatVersion: 1,
  database: 'Käse/"shop"',
  firedAt: '2026-10-01T02:00:00.000Z',
  retiredAt: '2026-11-22T03:00:00.000Z',
  removeAfter: '2026-11-29T03:00:00.000Z',
  reasons: ['older than 30d'],
  taggedAt: '2026-11-29T03:00:05.000Z',
  undone: { at: '2026-11-30T03:00:00.000Z', reasons: ['kept by hand'] },
};
const report: RetentionReport = {
  format: 'pgvouch/retention',
  formatVersion: 1,
  finishedAt: '2026-11-22T03:00:00.000Z',
  dryRun: false,
  databases: [
    {
      database: 'shop',
      kept: 30,
      retired: 1,
      waiting: 7,
      removed: 1,
      undone: 0,
      unreadable: 0,
      overdue: 0,
      retiredShare: 1 / 31,
      massRetirement: false,
      swept: { archives: 0, globals: 0, leftovers: 0, failures: 0, uploads: 0 },
    },
  ],
  sweptFailures: 0,
  problems: [],
};

describe('documents', () => {
  test('are read back as they were written, without what this version does not know', () => {
    expect(parseRetired(JSON.stringify({ ...retired, later: 1 }), 'k')).toEqual(retired);
    expect(parseRetentionReport(JSON.stringify({ ...report, later: 1 }), 'k')).toEqual(report);
    const kept = {
      format: 'pgvouch/kept',
      formatVersion: 1,
      keptAt: '2026-11-22T03:00:00Z',
      by: 'ada',
      reason: 'audit',
    };
    expect(parseKept(JSON.stringify({ ...kept, later: 1 }), 'k')).toEqual(kept);
  });

  test.each([parseRetired, parseKept, parseRetentionReport])('%o refuses what is not its own', (parse) => {
    const refused = expect.objectContaining({ name: 'VaultError', subject: 'pgvouch/x.json' });
    for (const text of ['', 'null', '[]', '{}', '{"format":"pgvouch/manifest","formatVersion":1}']) {
      expect(() => parse(text, 'pgvouch/x.json')).toThrow(refused);
    }
  });

  test('a date that is none, and a newer version', () => {
    expect(() => parseRetired(JSON.stringify({ ...retired, removeAfter: 'soon' }), 'k')).toThrow(/removeAfter/);
    expect(() => parseRetired(JSON.stringify({ ...retired, formatVersion: 2 }), 'k')).toThrow(
      expect.objectContaining({ name: 'ConfigError' }),
    );
  });
});
