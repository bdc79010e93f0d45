import type { SystemIdentity, Walsender } from '../postgres/replication/walsender.ts';
import type { Vault } from '../vault/vault.ts';
import { type Holdings, holdingsOf } from '../wal/holdings.ts';
import { walFolder, walStatusKey } from '../wal/keys.ts';
import { type SaidWindow, saidWindowsIn } from '../wal/said-window.ts';
import { hex8, offsetInSegment, segmentName, segmentNumber, segmentStart } from '../wal/segments.ts';
import { ancestry, parseHistory, type Span, timelineAt } from '../wal/timelines.ts';
import { type Tip, tipOf } from '../wal/tip.ts';
import type { ServerState } from './ask-server.ts';
import { badHistory, serverBehindBucket } from './refusals.ts';

/** Where server, slot and bucket stand as a run begins. */
export interface Survey {
  readonly identity: SystemIdentity;
  readonly segmentSizeBytes: number;
  /** Where the bucket's WAL ends that has no gap from the slot's position on. */
  readonly tip: Position;
  /** The object that holds the tip's segment up to the tip; undefined where the segment must be read from its start. */
  readonly partial: { readonly key: string; readonly endOffset: number } | undefined;
  /** The slot's position. */
  readonly restartLsn: bigint;
  /** Whether the bucket has no WAL up to that position, as in the first run. */
  readonly isNew: boolean;
  /** When the status in the bucket was written, by the store's clock; undefined if there is none. */
  readonly statusAt: Date | undefined;
  readonly saidWindows: readonly SaidWindow[];
}

/** What the server says, if it keeps WAL for the slot. */
type HeldSlot = Pick<ServerState, 'identity' | 'segmentSizeBytes'> & { readonly restartLsn: bigint };

export interface Position {
  readonly timeline: number;
  readonly lsn: bigint;
}

/**
 * Looks into the bucket, with one listing, and compares.
 *
 * @throws {@link ConfigError} if the server lacks WAL that the bucket holds
 */
export async function survey(
  vault: Vault,
  walsender: Walsender,
  { identity, segmentSizeBytes, restartLsn }: HeldSlot,
  signal: AbortSignal,
): Promise<Survey> {
  const history = identity.timeline === 1 ? undefined : (await walsender.timelineHistory(identity.timeline)).text;
  const spans = spansOf(identity.timeline, history);
  const at = { restartLsn, spans, segmentSizeBytes, signal };
  const { holdings, ...listed } = await list(vault, identity.systemIdentifier, at);
  const tip = tipFrom(holdings, spans, restartLsn);
  const where = { identity, segmentSizeBytes, restartLsn, ...listed };
  if (tip === undefined) {
    const lsn = segmentStart(segmentNumber(restartLsn, segmentSizeBytes), segmentSizeBytes);
    return {
      ...where,
      tip: { timeline: timelineOf(spans, restartLsn), lsn },
      partial: undefined,
      isNew: true,
    };
  }
  if (tip.timeline === identity.timeline && tip.lsn > identity.flushedTo) throw serverBehindBucket(identity, tip);
  return { ...where, ...takenUpAt(holdings, tip), isNew: false };
}

/**
 * How far the bucket's WAL goes that begins before the slot's position. What the slot knows as stored is: it would be
 * wrong to rely on that, and it costs nothing to see it.
 *
 * @returns undefined if the byte before the slot's position is not there
 */
function tipFrom(holdings: Holdings, spans: readonly Span[], restartLsn: bigint): Tip | undefined {
  const before = restartLsn - 1n;
  const tip = tipOf(holdings, spans, before);
  return tip.lsn > before ? tip : undefined;
}

/** Where to take it up: after what the bucket has of a segment, or at the segment's start if it has that of another timeline. */
function takenUpAt({ segmentSizeBytes }: Holdings, { lsn, timeline, objects }: Tip): Pick<Survey, 'tip' | 'partial'> {
  const offset = offsetInSegment(lsn, segmentSizeBytes);
  const last = objects.at(-1);
  if (offset === 0 || last?.timeline !== timeline) return { tip: { timeline, lsn }, partial: undefined };
  return { tip: { timeline, lsn }, partial: { key: last.key, endOffset: last.endOffset } };
}

/** The way to the server's timeline. */
function spansOf(timeline: number, history: string | undefined): Span[] {
  if (history === undefined) return ancestry(timeline, new Map());
  const entries = parseHistory(history, timeline);
  if (entries === undefined) throw badHistory(timeline);
  return ancestry(timeline, new Map([[timeline, entries]]));
}

function timelineOf(spans: readonly Span[], lsn: bigint): number {
  return timelineAt(spans, lsn) ?? 1;
}

/** The first listed object holds what is before the slot's position: see {@link tipFrom}. */
async function list(
  vault: Vault,
  systemIdentifier: string,
  at: { restartLsn: bigint; spans: readonly Span[]; segmentSizeBytes: number; signal: AbortSignal },
): Promise<{ holdings: Holdings } & Pick<Survey, 'statusAt' | 'saidWindows'>> {
  const { restartLsn, spans, segmentSizeBytes, signal } = at;
  const folder = walFolder(vault.prefix, systemIdentifier);
  const before = restartLsn - 1n;
  const name = segmentName(timelineOf(spans, before), segmentNumber(before, segmentSizeBytes), segmentSizeBytes);
  const offset = offsetInSegment(restartLsn, segmentSizeBytes);
  // In the order of keys partials come by their length, and the whole segment last.
  const after = `${folder}${name}.${offset === 0 ? 'z' : hex8(offset)}`;
  const objects = [];
  for await (const page of vault.listPages(folder, { after, signal })) objects.push(...page);
  const statusKey = walStatusKey(vault.prefix, systemIdentifier);
  return {
    holdings: holdingsOf(vault.prefix, systemIdentifier, objects, segmentSizeBytes),
    statusAt: objects.find(({ key }) => key === statusKey)?.modifiedAt,
    saidWindows: saidWindowsIn(vault.prefix, systemIdentifier, objects),
  };
}
