import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type FunctionSucceeded, parseFunctionSucceeded } from '../../../events/function-succeeded.ts';
import { endedTroubles } from '../../../functions/notify/ended-troubles.ts';

const sample = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../events/samples/${name}.json`, import.meta.url), 'utf8')) as {
    requestContext: object;
  };
const vault = { bucket: 'postgres-backups', prefix: 'pgvouch/' };

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

  test('wal: its own, unless another run was at work, of which it knows nothing', () => {
    const wal = (outcome: string) => ended(succeeded('dump', { function: 'wal', response: { outcome } }));
    expect(wal('stored')).toEqual([{}]);
    expect(wal('busy')).toEqual([]);
  });

  test('refresh: those of the one that it was about', () => {
    const refresh = (request: unknown) => ended(succeeded('dump', { function: 'refresh', request }));
    const fired = { ...sample('schedule-fired.aws'), detail: { refresh: 'staging' } };
    expect(refresh(fired)).toEqual([{ function: 'refresh staging' }]);
    expect(refresh({})).toEqual([{ function: 'refresh' }]);
    expect(refresh({ unknown: true })).toEqual([]);
  });

  test('base: its own, unless it took nothing', () => {
    const base = (outcome: string) => ended(succeeded('dump', { function: 'base', response: { outcome } }));
    expect(base('stored')).toEqual([{}]);
    expect(base('there')).toEqual([{}]);
    expect(base('skipped')).toEqual([]);
  });

  test('an event that we do not understand: nothing', () => {
    expect(ended(succeeded('dump', { request: { database: 'not-ours' } }))).toEqual([]);
    expect(ended(succeeded('verify', { request: 5 }))).toEqual([]);
  });
});
