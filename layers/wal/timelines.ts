import { type Lsn, parseLsn } from './lsn.ts';
import type { Timeline } from './segments.ts';

/** One line of a history file: a timeline that another one descends from, and where that one left it. */
export interface HistoryEntry {
  readonly timeline: Timeline;
  /** The next timeline begins here. */
  readonly endsAt: Lsn;
  readonly reason: string;
}

/** By the timeline whose history it is; timeline 1 has none. */
export type Histories = ReadonlyMap<Timeline, readonly HistoryEntry[]>;

/** What a way through the timelines uses of one of them. */
export interface Span {
  readonly timeline: Timeline;
  readonly from: Lsn;
  /** Where the next one begins; undefined of the last. */
  readonly to: Lsn | undefined;
}

/**
 * Reads a history file as PostgreSQL does.
 *
 * @param timeline - whose history it is
 * @returns its ancestors, oldest first; undefined where PostgreSQL would refuse the file
 * @see src/backend/access/transam/timeline.c, readTimeLineHistory
 */
export function parseHistory(text: string, timeline: Timeline): HistoryEntry[] | undefined {
  const entries: HistoryEntry[] = [];
  for (const line of text.split('\n')) {
    if (/^\s*(#.*)?$/.test(line)) continue;
    const [, number = '', position = '', reason = ''] =
      /^\s*(\d+)\s+([0-9A-Fa-f]+\/[0-9A-Fa-f]+)(?:\s+(.*?))?\s*$/.exec(line) ?? [];
    const entry = { timeline: Number(number), endsAt: parseLsn(position), reason };
    const last = entries.at(-1);
    if (entry.endsAt === undefined || entry.timeline <= (last?.timeline ?? 0)) return undefined;
    if (last !== undefined && entry.endsAt < last.endsAt) return undefined;
    entries.push({ ...entry, endsAt: entry.endsAt });
  }
  const parent = entries.at(-1);
  return parent !== undefined && parent.timeline < timeline ? entries : undefined;
}

/**
 * The way that recovery to a timeline takes: every ancestor up to where it was left, then the timeline itself.
 *
 * Without a history it is the timeline alone, as PostgreSQL takes it.
 *
 * @returns oldest first, never empty
 */
export function ancestry(timeline: Timeline, histories: Histories): Span[] {
  let from = 0n;
  const spans = (histories.get(timeline) ?? []).map((entry): Span => {
    const span = { timeline: entry.timeline, from, to: entry.endsAt };
    from = entry.endsAt;
    return span;
  });
  return [...spans, { timeline, from, to: undefined }];
}

/** On which timeline the byte at a position is. A position where one ends is on the next. */
export function timelineAt(spans: readonly Span[], lsn: Lsn): Timeline | undefined {
  return spans.find(({ from, to }) => from <= lsn && (to === undefined || lsn < to))?.timeline;
}

/** Whether a cluster that has come to a position of a timeline can go on along the way. */
export function isOnWay(spans: readonly Span[], timeline: Timeline, lsn: Lsn): boolean {
  const span = spans.find((one) => one.timeline === timeline);
  return span !== undefined && lsn >= span.from && (span.to === undefined || lsn <= span.to);
}

/**
 * Whether two history files of one timeline are of different servers: each was restored or promoted by itself, and chose
 * the same number.
 *
 * That they are equal proves nothing: two restores to the end of the same WAL write the same file. Only the WAL after it
 * tells them apart.
 */
export function isOtherHistory(one: readonly HistoryEntry[], other: readonly HistoryEntry[]): boolean {
  const text = (entries: readonly HistoryEntry[]) =>
    entries.map(({ timeline, endsAt, reason }) => `${timeline} ${endsAt} ${reason}`).join('\n');
  return text(one) !== text(other);
}
