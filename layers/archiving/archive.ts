import type { Logger } from 'pino';
import { VaultError } from '../backup/errors.ts';
import type { WalStream } from '../postgres/replication/wal-stream.ts';
import type { SystemIdentity, Walsender } from '../postgres/replication/walsender.ts';
import { formatLsn } from '../wal/lsn.ts';
import { offsetInSegment } from '../wal/segments.ts';
import type { Stored } from './answer.ts';
import { openPartialClock } from './partial-clock.ts';
import { explainRefusal } from './refusals.ts';
import type { WalRequest } from './request.ts';
import { openSegmentWriter, type SegmentWriter, type Start } from './segment-writer.ts';
import type { Progress, StatusKeeper } from './status-keeper.ts';
import type { Position, Survey } from './survey.ts';
import type { WalStore } from './wal-store.ts';

interface ArchiveDeps {
  readonly walsender: Walsender;
  readonly store: WalStore;
  readonly status: StatusKeeper;
  readonly log: Logger;
  readonly stored: Stored;
}

export interface Archived extends Position {
  readonly caughtUp: boolean;
}

/** How a stream came to its end. */
type End = 'caught up' | 'time is up' | 'timeline ended';

/** What is kept of the run's time to store the segment under way: so much, or a fifth. */
const RESERVE_MS = 15_000;
/** The same once everything else has failed, or whoever runs us is ending. */
const LAST_WORD_MS = 4_000;

/**
 * Streams WAL into the bucket, from the tip on, through the ends of timelines.
 *
 * @returns up to where the bucket holds it then
 */
export async function archive(deps: ArchiveDeps, found: Survey, request: WalRequest): Promise<Archived> {
  const { walsender, store, status, log, stored } = deps;
  const { segmentSizeBytes } = found;
  const writer = openSegmentWriter(store, segmentSizeBytes, stored);
  let { identity } = found;
  let start = await startAt(store, writer, found, request);
  for (;;) {
    const { timeline } = start;
    const asked = { ...request, until: identity, restartLsn: found.restartLsn, status };
    const end = await stream(walsender, writer, start, asked);
    if (end.how !== 'timeline ended') {
      const caughtUp = end.how === 'caught up' || isReached(writer, timeline, identity);
      return { timeline, lsn: writer.storedTo(), caughtUp };
    }
    const { next } = end;
    // Where the server was shut down no other follows.
    if (next === undefined)
      return { timeline, lsn: writer.storedTo(), caughtUp: isReached(writer, timeline, identity) };
    await store.putHistory(next.timeline, (await walsender.timelineHistory(next.timeline)).text);
    log.info(
      { from: timeline, timeline: next.timeline, lsn: formatLsn(next.from) },
      'the timeline has ended: the next is streamed',
    );
    identity = await walsender.identify();
    // The new timeline's first file begins with what the old one's last has: it is read whole.
    const lsn = next.from - BigInt(offsetInSegment(next.from, segmentSizeBytes));
    start = { timeline: next.timeline, lsn, holdsTo: next.from };
  }
}

/**
 * Where to begin: in mid-segment, after what the bucket has of it. If that cannot be read the segment is read anew; the
 * server still has it, since its slot is no further. What is sealed is compared with that.
 */
async function startAt(
  store: WalStore,
  writer: SegmentWriter,
  { identity, tip, partial, segmentSizeBytes }: Survey,
  { mode }: WalRequest,
): Promise<Start> {
  const segmentLsn = tip.lsn - BigInt(offsetInSegment(tip.lsn, segmentSizeBytes));
  // Nothing to add, and nothing to read: the server still is to see that the slot is in use.
  const isIdle = mode === 'cadence' && tip.timeline === identity.timeline && tip.lsn === identity.flushedTo;
  if (isIdle && partial !== undefined) return { timeline: tip.timeline, lsn: tip.lsn, holdsTo: tip.lsn };
  const { timeline } = tip;
  if (partial === undefined) return { timeline, lsn: segmentLsn, holdsTo: tip.lsn };
  const { key, endOffset } = partial;
  if (await writer.hold(store.read(key, endOffset), key)) return { timeline, lsn: tip.lsn, holdsTo: tip.lsn };
  const compare = await store.compareSealed(key, endOffset);
  return { timeline, lsn: segmentLsn, holdsTo: compare ? tip.lsn : segmentLsn, compare };
}

interface StreamRequest extends WalRequest {
  /** What the server had when it was asked. */
  readonly until: SystemIdentity;
  /** Of the slot, as the run began. */
  readonly restartLsn: bigint;
  readonly status: StatusKeeper;
}

async function stream(walsender: Walsender, writer: SegmentWriter, start: Start, request: StreamRequest) {
  const { slot, deadline } = request;
  const { timeline } = start;
  const from = writer.begin(start);
  const wal = await walsender.stream({ slot, timeline, from, signal: deadline.signal });
  try {
    const how = await follow(wal, writer, timeline, request);
    await writer.storePartial();
    tell(wal, writer, request.restartLsn);
    const next = await wal.end();
    return { how, next };
  } catch (error) {
    // A server that has died may never send again what it has sent.
    if (!(error instanceof VaultError)) await writer.storePartial(AbortSignal.timeout(LAST_WORD_MS)).catch(() => {});
    throw explainRefusal(error, slot, from);
  }
}

async function follow(wal: WalStream, writer: SegmentWriter, timeline: number, request: StreamRequest): Promise<End> {
  const { mode, deadline, until, status } = request;
  const endsMs = deadline.remainingMs - Math.min(RESERVE_MS, deadline.remainingMs / 5);
  const partials = openPartialClock(request.partialEveryMs, deadline.usedMs());
  for (;;) {
    tell(wal, writer, request.restartLsn);
    const nowMs = deadline.usedMs();
    if (nowMs >= endsMs) return 'time is up';
    if (mode === 'cadence' && isReached(writer, timeline, until)) return 'caught up';
    const isDue = mode === 'follow' && nowMs >= partials.dueMs;
    if (isDue) {
      await writer.storePartial();
      partials.stored(nowMs, deadline.usedMs());
    }
    // In follow there is most time after a beginning was stored.
    if (isDue || mode === 'cadence') await status.underWay(progressOf(wal, writer, timeline, request));
    if (isDue) continue;
    const piece = await wal.next(Math.max(1, (mode === 'follow' ? Math.min(endsMs, partials.dueMs) : endsMs) - nowMs));
    if (piece === undefined) return 'timeline ended';
    if (piece !== 'silence') await writer.write(piece.start, piece.bytes);
  }
}

function progressOf(wal: WalStream, writer: SegmentWriter, timeline: number, request: StreamRequest): Progress {
  const { restartLsn, until } = request;
  const [storedTo, serverEnd] = [writer.storedTo(), wal.serverEnd()];
  return {
    ...{ timeline, storedTo, flushedTo: serverEnd > until.flushedTo ? serverEnd : until.flushedTo },
    // The slot is where the server was last asked to put it.
    restartLsn: storedTo > restartLsn ? storedTo : restartLsn,
  };
}

/** What is in the bucket the server may forget, once it was compared with what the server sends. A slot never goes back. */
function tell(wal: WalStream, writer: SegmentWriter, restartLsn: bigint): void {
  if (writer.storedTo() >= restartLsn && writer.at() >= writer.storedTo()) wal.stored(writer.storedTo());
}

function isReached(writer: SegmentWriter, timeline: number, { timeline: current, flushedTo }: SystemIdentity): boolean {
  return timeline >= current && writer.at() >= flushedTo;
}
