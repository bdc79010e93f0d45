import { describe, expect, test } from 'vitest';
import { fitsRecord } from '../../../events/invocation-record.ts';
import { answerOf } from '../../../functions/dump/answer.ts';
import { summaryOf, withoutMany } from '../../../functions/retention/retention.ts';
import { VaultError } from '../../../layers/backup/errors.ts';
import { sampleManifest } from '../../support/world/sample-manifest.ts';

describe('answers travel in the record of a success', () => {
  test('a manifest with very many tables goes without them', () => {
    const manifest = sampleManifest({ database: 'shop', firedAt: new Date('2026-11-22T03:00:00Z') });
    expect(answerOf(manifest)).toBe(manifest);
    const tables = Array.from({ length: 5_000 }, (_, i) => ({ schema: 'public', name: `table_${i}`, rows: i }));
    const answer = answerOf({ ...manifest, tables });
    expect(answer).toMatchObject({
      format: 'pgvouch/manifest',
      database: manifest.database,
      archive: manifest.archive,
    });
    expect(fitsRecord(answer)).toBe(true);
  });

  test("retention's decisions stay away where they are very many", () => {
    const report = { format: 'pgvouch/retention', formatVersion: 1, databases: [], problems: [] } as const;
    const full = { ...report, databases: [], problems: [], finishedAt: '', dryRun: false, sweptFailures: 0 };
    const decisions = Array.from({ length: 5_000 }, () => ({ action: 'keep' as const, reasons: ['within 30d'] }));
    expect(withoutMany({ report: full, decisions: [] })).toEqual({ report: full, decisions: [] });
    expect(withoutMany({ report: full, decisions })).toEqual({ report: full });
  });
});

describe('failures travel in the record of a failure', () => {
  /** What Lambda sends: the message, and the stack, which begins with it. */
  const payload = ({ name, message, stack = '' }: Error) => ({
    errorType: name,
    errorMessage: message,
    trace: stack.split('\n'),
  });

  test('retention that fails at very many backups names the first ten', () => {
    const problems = Array.from(
      { length: 5_000 },
      (_, index) => new VaultError({ operation: 'read', subject: `backup ${index}`, problem: 'denied', hint: 'look' }),
    );
    const error = summaryOf(problems) as VaultError;
    expect(error.problem).toMatch(/^5000 steps failed: read backup 0: denied; .*read backup 9: denied; and 4990 more$/);
    expect(fitsRecord(payload(error))).toBe(true);
    expect(summaryOf(problems.slice(0, 2))).toMatchObject({
      problem: '2 steps failed: read backup 0: denied; read backup 1: denied',
    });
  });

  test('a problem of a megabyte keeps its beginning, its end and its hint', () => {
    const problem = `first ${'x'.repeat(1_000_000)} last`;
    const error = new VaultError({ operation: 'read', problem, hint: 'look' });
    expect(error.message).toMatch(/^read: first x+ … \(970011 characters left out\) … x+ last\nHint: look$/);
    expect(fitsRecord(payload(error))).toBe(true);
  });
});
