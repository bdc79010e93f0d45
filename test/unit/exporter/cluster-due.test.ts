import { expect, test } from 'vitest';
import { clusterDue } from '../../../functions/exporter/observe/cluster-due.ts';
import type { StoredBase } from '../../../layers/wal/stored-base.ts';
import { PITR_SCHEDULES } from '../../support/servers/exporter-process.ts';
import { baseOf } from '../../support/world/stored-bases.ts';

const LSNS = { startLsn: 0x100000n, stopLsn: 0x100100n };
// A Sunday, when the full one is taken.
const full = baseOf({ startedAt: new Date('2026-11-22T01:30:05Z'), ...LSNS });
const increment = baseOf({ startedAt: new Date('2026-11-23T01:30:05Z'), ...LSNS, parent: full.startedAt });

function baseOverdueAt(...bases: readonly StoredBase[]) {
  const standing = { lastBase: bases.at(-1), lastProved: undefined };
  return clusterDue(PITR_SCHEDULES, standing, bases).baseOverdueAt?.toISOString();
}

test('full base backups are due by their own schedule', () => {
  expect(baseOverdueAt(full)).toBe('2026-11-30T01:30:00.000Z');
});

test('where increments come, the next of either kind is due', () => {
  expect(baseOverdueAt(full, increment)).toBe('2026-11-25T01:30:00.000Z');
  const nextFull = baseOf({ startedAt: new Date('2026-11-29T01:30:05Z'), ...LSNS });
  expect(baseOverdueAt(full, increment, nextFull)).toBe('2026-12-01T01:30:00.000Z');
});

test('where they came once and come no more, they are not due', () => {
  const [one, another] = ['2026-11-29T01:30:05Z', '2026-12-06T01:30:05Z'].map((at) =>
    baseOf({ startedAt: new Date(at), ...LSNS }),
  );
  expect(one && another && baseOverdueAt(full, increment, one, another)).toBe('2026-12-14T01:30:00.000Z');
});

test('a drill is due by its schedule; without a base backup or a drill nothing is', () => {
  const proved = baseOf({ ...LSNS, startedAt: full.startedAt, verdict: 'restorable' });
  const { drillOverdueAt } = clusterDue(PITR_SCHEDULES, { lastBase: full, lastProved: proved }, [full]);
  expect(drillOverdueAt?.toISOString()).toBe('2026-11-23T05:00:00.000Z');
  const none = clusterDue(PITR_SCHEDULES, { lastBase: undefined, lastProved: undefined }, []);
  expect(none).toEqual({ baseOverdueAt: undefined, drillOverdueAt: undefined });
});
