import { type DumpGroup, keyOf } from '../../layers/schedule/dump-schedules.ts';
import type { MissedFirings } from './clock-memory.ts';
import type { DumpsConfig } from './dump-schedules.ts';
import type { Accepted } from './journal.ts';
import { readScheduled } from './scheduled.ts';
import type { ScheduledRefresh } from './scheduled-refresh.ts';

export interface BeginningFacts {
  /** What earlier hosts accepted and did not end. */
  readonly left: readonly Accepted[];
  /** What is dumped when. */
  readonly dumps: DumpsConfig;
  /** Those that have a schedule; none by default. */
  readonly refreshes?: readonly Pick<ScheduledRefresh, 'name'>[];
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
  /** The keys of the schedules for which find is fired instead, for all of theirs. */
  readonly find: readonly string[];
  readonly look: boolean;
  readonly retention: boolean;
  /** Whether the base backup is fired that was missed. */
  readonly base: boolean;
  /** Whether the recovery drill is fired that was missed. */
  readonly recovery: boolean;
  /** The names of the refreshes that are fired because they were missed. */
  readonly refresh: readonly string[];
}

/**
 * Decides what a host does first: of everything that a schedule fires at most one each, the latest, be it an event that
 * was accepted or one that was missed. So a host that was down for days takes one backup of each database, not one for each
 * day. Verify's look at everything without a verdict is always made, since notifications may have been missed. All other
 * events are taken up.
 */
export function planBeginning({ left, dumps: config, refreshes = [], missed }: BeginningFacts): Beginning {
  const found = config.finds ? planFound(left, config, missed) : NOTHING;
  const named = config.finds ? [] : config.dumps.flatMap((group) => planNamed(left, group, missed));
  const retention = latestOf(left.filter(isOf('retention')), missed.retention);
  // A full one that was accepted is as good as an increment that was missed.
  const base = latestOf(left.filter(isOf('base')), missed.base?.kind === 'full' ? missed.base.dueAt : undefined);
  const recovery = latestOf(left.filter(isOf('recovery')), missed.recovery);
  const look = latestOf(left.filter(isOf('verify')), undefined);
  const refreshed = refreshes.map(({ name }) => ({
    ...latestOf(
      left.filter(isOf('refresh')).filter(({ event }) => readScheduled(event)?.refresh === name),
      missed.refreshes?.get(name),
    ),
    name,
  }));
  const others = left.filter(({ event }) => readScheduled(event) === undefined);
  const takeUp = [
    ...others,
    ...found.accepted,
    ...[...named, ...refreshed, retention, base, recovery, look].flatMap(({ accepted }) => accepted ?? []),
  ];
  return {
    takeUp,
    drop: left.filter((accepted) => !takeUp.includes(accepted)),
    dump: named.flatMap(({ database, fire }) => (fire ? [database] : [])),
    find: found.find,
    look: look.accepted === undefined,
    retention: retention.fire,
    base: missed.base !== undefined && base.accepted === undefined,
    recovery: recovery.fire,
    refresh: refreshed.flatMap(({ name, fire }) => (fire ? [name] : [])),
  };
}

const NOTHING: { readonly accepted: readonly Accepted[]; readonly find: readonly string[] } = {
  accepted: [],
  find: [],
};

/** Of each database that is named, the latest dump. */
function planNamed(left: readonly Accepted[], group: DumpGroup, { dumps }: MissedFirings) {
  return group.databases.map((database) => ({
    ...latestOf(left.filter(isDumpOf(database)), dumps?.get(keyOf(group))),
    database,
  }));
}

/** Of each schedule the latest find. It fires all of its firing again: the same dumps, and those that it has not come to. */
function planFound(left: readonly Accepted[], { dumps: groups, scheduleOf }: DumpsConfig, { dumps }: MissedFirings) {
  const [only] = groups;
  const ofGroup = (group: DumpGroup) => (accepted: Accepted) => {
    const { schedule = only } = readScheduled(accepted.event) ?? {};
    return schedule !== undefined && keyOf(schedule) === keyOf(group);
  };
  const finds = groups.map((group) => {
    const missed = dumps?.get(keyOf(group));
    const find = latestOf(left.filter(isOf('find')).filter(ofGroup(group)), missed);
    return {
      ...find,
      key: keyOf(group),
      foundAt: find.fire ? missed?.getTime() : find.accepted && dueOf(find.accepted),
    };
  });
  const foundAtOf = (database: string) => {
    const schedule = scheduleOf?.(database) ?? only;
    return finds.find(({ key }) => schedule && key === keyOf(schedule))?.foundAt ?? Number.NEGATIVE_INFINITY;
  };
  const newer = left.filter(isOf('dump')).filter((one) => dueOf(one) > foundAtOf(databaseOf(one) ?? ''));
  const latest = databasesOf(newer).map((database) => latestOf(newer.filter(isDumpOf(database)), undefined));
  return {
    accepted: [...finds, ...latest].flatMap(({ accepted }) => accepted ?? []),
    find: finds.flatMap(({ key, fire }) => (fire ? [key] : [])),
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
  accepted.key === 'dump' && databaseOf(accepted) === database;

function databaseOf({ event }: Accepted): string | undefined {
  return readScheduled(event)?.database;
}

/** Of the dumps among them. */
function databasesOf(left: readonly Accepted[]): string[] {
  return [...new Set(left.filter(isOf('dump')).flatMap((one) => databaseOf(one) ?? []))];
}

function dueOf({ event }: Accepted): number {
  return readScheduled(event)?.dueAt.getTime() ?? 0;
}
