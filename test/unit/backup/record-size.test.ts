import { describe, expect, test } from 'vitest';
import { fitsRecord } from '../../../events/invocation-record.ts';
import { answerOf } from '../../../functions/dump/answer.ts';
import { withoutMany } from '../../../functions/retention/retention.ts';
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
