import { setTimeout as delay } from 'node:timers/promises';
import { type WalDeps, wal } from '../../layers/archiving/wal.ts';
import { DumpError } from '../../layers/backup/errors.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import type { Base } from '../../layers/wal/base.ts';
import { coverage } from '../../layers/wal/coverage.ts';
import { holdingsOf } from '../../layers/wal/holdings.ts';
import { walFolder } from '../../layers/wal/keys.ts';
import { type Lsn, parseLsn } from '../../layers/wal/lsn.ts';
import { segmentName, segmentNumber } from '../../layers/wal/segments.ts';
import { ancestry } from '../../layers/wal/timelines.ts';
import type { BaseRequest } from './request.ts';

/** Another run has the slot: so long it is left to it. */
const BUSY_MS = 1_000;
const PARTIAL_EVERY_MS = 10_000;

type Span = Pick<Base, 'systemIdentifier' | 'segmentSizeBytes' | 'timeline' | 'startLsn' | 'stopLsn'>;

/**
 * Has the WAL archived that a base backup needs, from its start to its end; another run may do it meanwhile.
 *
 * @throws {@link DumpError} if the bucket lacks some that the server no longer keeps
 */
export async function archiveThrough(
  deps: WalDeps,
  { slot, windowDays, deadline }: BaseRequest,
  base: Span,
): Promise<void> {
  const { signal } = deadline;
  const [start, stop] = [parseLsn(base.startLsn) ?? 0n, parseLsn(base.stopLsn) ?? 0n];
  for (;;) {
    const request = { slot, windowDays, mode: 'cadence', partialEveryMs: PARTIAL_EVERY_MS, deadline } as const;
    const answer = await wal(deps, request);
    if ((await reached(deps.vault, base, start, signal)) >= stop) return;
    signal.throwIfAborted();
    const isPast = answer.timeline > base.timeline || (parseLsn(answer.lsn) ?? 0n) >= stop;
    if (answer.outcome === 'stored' && isPast) throw incomplete(base);
    await delay(BUSY_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** How far the bucket's WAL goes without a gap from the start on. */
async function reached(
  vault: Vault,
  { systemIdentifier, segmentSizeBytes, timeline }: Span,
  start: Lsn,
  signal: AbortSignal,
): Promise<Lsn> {
  const folder = walFolder(vault.prefix, systemIdentifier);
  const first = segmentName(timeline, segmentNumber(start, segmentSizeBytes), segmentSizeBytes);
  const objects = [];
  // A key of the segment itself sorts after its name.
  for await (const page of vault.listPages(folder, { after: `${folder}${first}`, signal })) objects.push(...page);
  const holdings = holdingsOf(vault.prefix, systemIdentifier, objects, segmentSizeBytes);
  return coverage(holdings, ancestry(timeline, new Map()), start)[0].to;
}

function incomplete({ timeline, startLsn, stopLsn }: Span): DumpError {
  return new DumpError({
    operation: 'archive the WAL of',
    subject: `a base backup from ${startLsn} to ${stopLsn} on timeline ${timeline}`,
    problem: 'the bucket lacks some of it, and the server no longer keeps it: the base backup does not count',
    hint: 'take another one. If WAL goes missing again, set max_slot_wal_keep_size larger on the server, or run wal more often',
  });
}
