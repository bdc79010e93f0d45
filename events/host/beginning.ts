import type { MissedFirings } from './clock-memory.ts';
import type { Accepted } from './journal.ts';
import { readScheduled } from './scheduled.ts';

export interface BeginningFacts {
  /** What earlier hosts accepted and did not end. */
  readonly left: readonly Accepted[];
  /** Those configured now by their names. */
  readonly databases: readonly string[];
  /** Whether find fires the dumps, of whatever it finds; it does not by default. */
  readonly finds?: boolean;
  /** The latest instants that schedules were due at while nothing ran; for dump and base, now if nothing ever ran. */
  readonly missed: MissedFirings;
}

/** What a host begins with. */
export interface Beginning {
  readonly takeUp: readonly Accepted[];
  /** What another firing takes the place of, or nobody needs any more. */
  readonly drop: readonly Accepted[];
  /** The databases whose missed dump is fired. */
  readonly dump: readonly string[];
  /** Whether find is fired instead, for all of them. */
  readonly find: boolean;
  readonly look: boolean;
  readonly retention: boolean;
  /** Whether the base backup is fired that was missed. */
  readonly base: boolean;
  /** Whether the recovery drill is fired that was missed. */
  readonly recovery: boolean;
}

/**
 * Decides what a host does first: of everything that a schedule fires at most one each, the latest, be it an event that
 * was accepted or one that was missed. So a host that was down for days takes one backup of each database, not one for each
 * day. Verify's look at everything without a verdict is always made, since notifications may have been missed. All other
 * events are taken up.
 */
export function planBeginning({ left, databases, finds = false, missed }: BeginningFacts): Beginning {
  const find = latestOf(finds ? left.filter(isOf('find')) : [], finds ? missed.dump : undefined);
  // Find fires all of its firing again: the same dumps, and those that it has not come to.
  const foundAt = find.fire ? missed.dump?.getTime() : find.accepted && dueOf(find.accepted);
  const newer = left.filter((accepted) => foundAt === undefined || dueOf(accepted) > foundAt);
  const dumps = finds
    ? databasesOf(newer).map((database) => latestOf(newer.filter(isDumpOf(database)), undefined))
    : databases.map((database) => latestOf(left.filter(isDumpOf(database)), missed.dump));
  const retention = latestOf(left.filter(isOf('retention')), missed.retention);
  // A full one that was accepted is as good as an increment that was missed.
  const base = latestOf(left.filter(isOf('base')), missed.base?.kind === 'full' ? missed.base.dueAt : undefined);
  const recovery = latestOf(left.filter(isOf('recovery')), missed.recovery);
  const look = latestOf(left.filter(isOf('verify')), undefined);
  const others = left.filter(({ event }) => readScheduled(event) === undefined);
  const takeUp = [
    ...others,
    ...[find, ...dumps, retention, base, recovery, look].flatMap(({ accepted }) => accepted ?? []),
  ];
  return {
    takeUp,
    drop: left.filter((accepted) => !takeUp.includes(accepted)),
    dump: finds ? [] : databases.filter((_, index) => dumps[index]?.fire),
    find: find.fire,
    look: look.accepted === undefined,
    retention: retention.fire,
    base: missed.base !== undefined && base.accepted === undefined,
    recovery: recovery.fire,
  };
}

/** The latest of the accepted firings, or the missed one if that is later. */
function latestOf(left: readonly Accepted[], missed: Date | undefined): { accepted?: Accepted; fire: boolean } {
  const [latest] = [...left].sort((one, other) => dueOf(other) - dueOf(one));
  if (missed !== undefined && (latest === undefined || missed.getTime() > dueOf(latest))) return { fire: true };
  return { fire: false, ...(latest && { accepted: latest }) };
}

const isOf = (key: string) => (accepted: Accepted) =>
  accepted.key === key && readScheduled(accepted.event) !== undefined;

const isDumpOf = (database: string) => (accepted: Accepted) =>
  accepted.key === 'dump' && readScheduled(accepted.event)?.database === database;

/** Of the dumps among them. */
function databasesOf(left: readonly Accepted[]): string[] {
  const names = left.filter(isOf('dump')).flatMap(({ event }) => readScheduled(event)?.database ?? []);
  return [...new Set(names)];
}

function dueOf({ event }: Accepted): number {
  return readScheduled(event)?.dueAt.getTime() ?? 0;
}
