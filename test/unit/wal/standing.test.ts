import { describe, expect, test } from 'vitest';
import type { ListedObject } from '../../../layers/backup/catalog.ts';
import { formatLsn } from '../../../layers/wal/lsn.ts';
import { standingOf } from '../../../layers/wal/standing.ts';
import type { StoredBase } from '../../../layers/wal/stored-base.ts';
import { ancestry, type HistoryEntry } from '../../../layers/wal/timelines.ts';
import type { WalStatus } from '../../../layers/wal/wal-status.ts';
import { baseOf } from '../../support/world/stored-bases.ts';
import { heldIn, historyAt, partialAt, WAL_CLUSTER, wholeAt } from '../../support/world/wal-listing.ts';

const at = (minutes: number) => new Date(Date.UTC(2026, 10, 28, 2, minutes));
/** A segment is a mebibyte: number 3 begins at 0x300000. */
const base = (minutes: number, startLsn: bigint, more: Partial<Parameters<typeof baseOf>[0]> = {}) =>
  baseOf({ startedAt: at(minutes), startLsn, stopLsn: startLsn + 0x100n, ...more });

function statusOf(flushedLsn: bigint, minutes: number, caughtUp?: number): WalStatus {
  return {
    ...{ format: 'pgvouch/wal-status', formatVersion: 1, systemIdentifier: WAL_CLUSTER, timeline: 1 },
    ...{ askedAt: at(minutes).toISOString(), flushedLsn: formatLsn(flushedLsn) },
    ...(caughtUp !== undefined && { caughtUpAt: at(caughtUp).toISOString() }),
    slot: { name: 'pgvouch', state: 'held', restartLsn: formatLsn(flushedLsn) },
  };
}

function standing(
  listing: readonly ListedObject[],
  bases: readonly StoredBase[] = [],
  status?: WalStatus,
  histories: readonly (readonly [number, readonly HistoryEntry[]])[] = [],
) {
  return standingOf({ bases, holdings: heldIn(listing), histories: new Map(histories) }, status);
}

test('nothing is known of a cluster without WAL', () => {
  expect(standing([])).toMatchObject({
    ...{ timeline: 1, windows: [], window: undefined, gaps: [], openGaps: [], archivedTo: undefined },
    ...{ archivedAt: undefined, recoveryPointAt: undefined, lagBytes: undefined, lastBase: undefined },
    ...{ lastProved: undefined, walBytes: 0, baseBytes: 0 },
  });
});

test('a base backup and the WAL after it: a window, its sizes, and what proved it last', () => {
  const proved = base(1, 0x100000n, { verdict: 'restorable', verdictAt: at(9) });
  const older = base(0, 0x100000n, { verdict: 'restorable', verdictAt: at(4) });
  const bad = base(2, 0x180000n, { verdict: 'corrupt', verdictAt: at(9) });
  const listing = [wholeAt(1, 1, at(2)), partialAt(1, 2, 0x800, at(3))];
  const seen = standing(listing, [older, proved, bad]);
  expect(seen).toMatchObject({ archivedTo: 0x200800n, archivedAt: at(3), walBytes: 2_000, baseBytes: 6_000 });
  expect(seen.window).toMatchObject({ from: { at: older.stoppedAt }, endsInGap: false });
  expect([seen.lastBase, seen.lastProved]).toEqual([proved, proved]);
});

describe('gaps', () => {
  const listing = [wholeAt(1, 1), wholeAt(1, 2), wholeAt(1, 4), wholeAt(1, 6), wholeAt(1, 7)];

  test('one that a base backup was begun after is not open', () => {
    const seen = standing(listing, [base(0, 0x100000n), base(1, 0x400000n)]);
    expect(seen.gaps).toEqual([
      { from: 0x300000n, to: 0x400000n },
      { from: 0x500000n, to: 0x600000n },
    ]);
    expect(seen.openGaps).toEqual([{ from: 0x500000n, to: 0x600000n }]);
    expect(seen.windows.map(({ endsInGap }) => endsInGap)).toEqual([true, true]);
    expect(standing(listing, [base(0, 0x100000n), base(1, 0x600000n)]).openGaps).toEqual([]);
  });

  test('what lies before the first base backup that recovery can begin with concerns nobody', () => {
    expect(standing(listing, [base(1, 0x600000n)]).gaps).toEqual([]);
    const bad = base(0, 0x100000n, { verdict: 'corrupt' });
    expect(standing(listing, [bad, base(1, 0x600000n)]).gaps).toEqual([]);
    // An increment without its parent begins nothing.
    const orphan = base(0, 0x100000n, { parent: at(-9) });
    expect(standing(listing, [orphan, base(1, 0x600000n)]).gaps).toEqual([]);
  });

  test('without a base backup every gap is open', () => {
    expect(standing(listing).openGaps.length).toBe(2);
  });

  test('the newest timeline is what counts', () => {
    const entry = { timeline: 1, endsAt: 0x280000n, reason: '' };
    const both = [wholeAt(1, 1), wholeAt(1, 2), wholeAt(1, 5), historyAt(2), wholeAt(2, 2), partialAt(2, 3, 0x10)];
    const seen = standing(both, [base(0, 0x100000n)], undefined, [[2, [entry]]]);
    expect(seen).toMatchObject({ timeline: 2, gaps: [], archivedTo: 0x300010n });
    expect(ancestry(2, new Map([[2, [entry]]])).length).toBe(2);
  });
});

describe('the recovery point', () => {
  const listing = [wholeAt(1, 1, at(1)), partialAt(1, 2, 0x800, at(10))];

  test('is when the bucket was seen to hold all, where nothing was stored since', () => {
    expect(standing(listing, [], statusOf(0x200800n, 12))).toMatchObject({
      ...{ recoveryPointAt: at(12), lagBytes: 0, lagMs: 0 },
    });
  });

  test('is when the beginning of a segment was stored after that: a run stores it once it has all', () => {
    expect(standing(listing, [], statusOf(0x200000n, 8)).recoveryPointAt).toEqual(at(10));
  });

  test('is not when a whole segment was stored: that comes while a run catches up', () => {
    const catchingUp = [wholeAt(1, 1, at(1)), wholeAt(1, 2, at(10))];
    expect(standing(catchingUp, [], statusOf(0x200000n, 8)).recoveryPointAt).toEqual(at(8));
  });

  test('stays when the bucket last held all, while the server is ahead of it', () => {
    expect(standing(listing, [], statusOf(0x900000n, 12, 4))).toMatchObject({
      ...{ recoveryPointAt: at(4), lagBytes: 0x900000 - 0x200800, lagMs: 8 * 60_000 },
    });
    expect(standing(listing, [], statusOf(0x900000n, 12))).toMatchObject({
      ...{ recoveryPointAt: undefined, lagMs: undefined },
    });
  });

  test('without a status, is when the newest WAL was stored', () => {
    expect(standing(listing)).toMatchObject({ recoveryPointAt: at(10), lagBytes: undefined });
  });
});
