import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseFunctionEnded } from '../../events/function-ended.ts';
import { type FunctionSucceeded, parseFunctionSucceeded } from '../../events/function-succeeded.ts';
import { fitsRecord } from '../../events/invocation-record.ts';
import { answerOf } from '../../functions/dump/answer.ts';
import { endedTroubles } from '../../functions/notify/ended-troubles.ts';
import { withoutMany } from '../../functions/retention/retention.ts';
import { sampleManifest } from '../support/sample-manifest.ts';

const sample = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../events/samples/${name}.json`, import.meta.url), 'utf8')) as {
    requestContext: object;
  };
const vault = { bucket: 'postgres-backups', prefix: 'pgvouch/' };

describe('how a function ended', () => {
  test('well', () => {
    expect(parseFunctionEnded(sample('function-succeeded.dump'))).toEqual({
      outcome: 'succeeded',
      succeeded: {
        function: 'dump',
        requestId: '0f3d2ad6-9c1e-4cbb-8a0a-6c5f9b2f8e11',
        at: new Date('2026-11-22T03:02:11.204Z'),
        request: { ...sample('schedule-fired.database'), time: '2026-11-22T03:00:00Z' },
        response: expect.objectContaining({ format: 'pgvouch/manifest' }),
      },
    });
  });

  test('not well', () => {
    expect(parseFunctionEnded(sample('function-failed.dump'))).toMatchObject({
      outcome: 'failed',
      failed: { function: 'dump', attempts: 3 },
    });
  });

  test.each([
    [null],
    [{}],
    [sample('schedule-fired.aws')],
    [{ ...sample('function-succeeded.dump'), timestamp: 'now' }],
  ])('neither: %#', (event) => {
    expect(() => parseFunctionEnded(event)).toThrow(expect.objectContaining({ name: 'EventError' }));
    expect(() => parseFunctionSucceeded(event)).toThrow(expect.objectContaining({ name: 'EventError' }));
  });
});

describe('what a success may have ended', () => {
  const succeeded = (name: string, changes: Partial<FunctionSucceeded> = {}) => ({
    ...parseFunctionSucceeded(sample(`function-succeeded.${name}`)),
    ...changes,
  });
  const ended = (of: FunctionSucceeded) => endedTroubles(of, vault, ['shop', 'crm']);

  test("dump: its database's", () => {
    expect(ended(succeeded('dump'))).toEqual([{ database: 'shop' }]);
    expect(endedTroubles(succeeded('dump', { request: {} }), vault, ['crm'])).toEqual([{ database: 'crm' }]);
  });

  test('verify: those of what it proved, by the newest of each, and its own schedule', () => {
    const proved = [
      { database: 'shop', firedAt: new Date('2026-11-22T03:00:00Z') },
      { database: 'crm', firedAt: new Date('2026-11-22T02:00:00Z') },
    ];
    expect(ended(succeeded('verify'))).toEqual([...proved, {}]);
    const byHand = { database: 'shop', firedAt: '2026-11-22T03-00-00Z' };
    expect(ended(succeeded('verify', { request: byHand }))).toEqual(proved);
    expect(ended(succeeded('verify', { response: [] }))).toEqual([{}]);
    expect(ended(succeeded('verify', { response: null }))).toEqual([{}]);
  });

  test('retention: its own, unless it was only asked what it would do', () => {
    const retention = (request: unknown) => ended(succeeded('dump', { function: 'retention', request }));
    expect(retention(sample('schedule-fired.aws'))).toEqual([{}]);
    expect(retention({ dryRun: true })).toEqual([]);
  });

  test('an event that we do not understand: nothing', () => {
    expect(ended(succeeded('dump', { request: { database: 'not-ours' } }))).toEqual([]);
    expect(ended(succeeded('verify', { request: 5 }))).toEqual([]);
  });
});

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
