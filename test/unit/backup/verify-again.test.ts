import { describe, expect, test } from 'vitest';
import { buildCatalog, type Entry, type ListedObject } from '../../../layers/backup/catalog.ts';
import { archiveKey, keptKey, manifestKey, retiredKey, verdictKey } from '../../../layers/backup/keys.ts';
import type { Verdict, VerdictName } from '../../../layers/backup/verdict.ts';
import { dueAgain, renewed } from '../../../layers/backup/verify-again.ts';

const PREFIX = 'pgvouch/';
const NOW = new Date('2026-11-28T12:00:00Z');
const daysAgo = (days: number) => new Date(NOW.getTime() - days * 86_400_000);

/** A backup that was taken so many days ago, and proved again since: its verdicts and their ages. */
function backup(age: number, verdicts: Partial<Record<VerdictName, number>>, ...more: (typeof keptKey)[]): Entry {
  const name = { database: 'shop', firedAt: daysAgo(age) };
  const object = (key: string, at: Date): ListedObject => ({ key, sizeBytes: 10, modifiedAt: at });
  const attempt = '0a7c9d3e-5b1f-4c2d-8e6a-1f2b3c4d5e6f';
  const { entries } = buildCatalog(PREFIX, [
    object(archiveKey(PREFIX, name, attempt), daysAgo(age)),
    object(manifestKey(PREFIX, name), daysAgo(age)),
    ...Object.entries(verdicts).map(([verdict, days]) =>
      object(verdictKey(PREFIX, name, verdict as VerdictName), daysAgo(days)),
    ),
    ...more.map((key) => object(key(PREFIX, name), daysAgo(1))),
  ]);
  const [entry] = entries.get('shop') ?? [];
  if (entry === undefined) throw new Error('there is one');
  return entry;
}

describe('what is due to be proved again', () => {
  const due = (entries: Entry[], days = 30) =>
    dueAgain(entries, days, NOW).map(({ firedAt }) => (NOW.getTime() - firedAt.getTime()) / 86_400_000);
  const young = (count: number) =>
    Array.from({ length: count }, (_, index) => backup(index / 10, { readable: index / 10 }));

  test('the oldest proof first, whatever the age of its backup; as many as a day’s share', () => {
    const old = [backup(90, { restorable: 31 }), backup(60, { restorable: 60 }), backup(40, { readable: 40 })];
    expect(due(old)).toEqual([60]);
    expect(due([...old, ...young(30)])).toEqual([60, 40]);
    expect(due([...old, ...young(90)])).toEqual([60, 40, 90]);
  });

  test('what was proved again in the last day is of the budget', () => {
    const old = [backup(60, { restorable: 60 }), backup(50, { restorable: 50 })];
    expect(due([...old, backup(90, { restorable: 0.5 })])).toEqual([]);
    expect(due([...old, backup(90, { restorable: 1.5 })])).toEqual([60]);
    // So is one that turned bad; but no first proof is.
    expect(due([...old, backup(90, { restorable: 60, corrupt: 0.5 })])).toEqual([]);
    expect(due([...old, ...young(3)])).toEqual([60]);
  });

  test('bad ones, unproved ones, retired ones, and with 0 any, are not; one that is kept is', () => {
    expect(due([backup(60, { restorable: 60, unrestorable: 50 }), backup(60, {})])).toEqual([]);
    expect(due([backup(60, { restorable: 60 }, retiredKey)])).toEqual([]);
    expect(due([backup(60, { restorable: 60 }, retiredKey, keptKey)])).toEqual([60]);
    expect(due([backup(60, { restorable: 60 })], 0)).toEqual([]);
    expect(due([backup(29, { restorable: 29 })])).toEqual([]);
  });
});

describe('what is written down', () => {
  const verdictOf = (verdict: VerdictName): Verdict => ({
    ...{ format: 'pgvouch/verdict', formatVersion: 1, verdict, reasons: [`It is ${verdict}.`] },
    ...{ verifiedAt: '2026-11-28T12:00:00Z', durationMs: 1, archiveKey: 'k', sizeBytes: 1, sha256: '', client: '18.4' },
  });
  const old = { ...verdictOf('restorable'), verifiedAt: '2026-10-01T00:00:00Z' };

  test.each<VerdictName>(['restorable', 'unrestorable', 'corrupt'])('%s takes the place of restorable', (name) => {
    expect(renewed(old, verdictOf(name))).toEqual(verdictOf(name));
  });

  test('readable does not: the proof stands, with a note', () => {
    const again = { verifiedAt: '2026-11-28T12:00:00Z', verdict: 'readable', reasons: ['It is readable.'] };
    expect(renewed(old, verdictOf('readable'))).toEqual({ ...old, again });
    expect(renewed({ ...old, verdict: 'readable' }, verdictOf('readable'))).toEqual(verdictOf('readable'));
    expect(renewed(undefined, verdictOf('readable'))).toEqual(verdictOf('readable'));
  });

  test('intact, from who has no identity, takes no place but its own: what is bad stays bad', () => {
    for (const known of ['restorable', 'readable', 'unrestorable', 'corrupt'] as const) {
      expect(renewed(verdictOf(known), verdictOf('intact'))).toMatchObject({
        verdict: known,
        again: { verdict: 'intact' },
      });
      expect(renewed(verdictOf('intact'), verdictOf(known))).toEqual(verdictOf(known));
    }
    expect(renewed(verdictOf('intact'), verdictOf('intact'))).toEqual(verdictOf('intact'));
  });
});
