import {
  type DumpSchedule,
  dumpGroups,
  dumpScheduleOf,
  readDumpSchedule,
} from '../../layers/schedule/dump-schedules.ts';
import { isSchedule } from '../../layers/schedule/expression.ts';
import { leftOutBetween } from '../../layers/schedule/scheduler-gaps.ts';
import type { Environment } from '../../layers/settings/environment.ts';
import { databasesOf, parameterValues } from './parameters.ts';

/** What the deployment fires by a schedule: find, or the dump of a database. */
export interface DeployedSchedule extends DumpSchedule {
  /** From 1; it is part of names. */
  readonly number: number;
  /** Undefined for find. */
  readonly database: string | undefined;
  /** Goes with the event. */
  readonly detail: Readonly<Record<string, string>>;
  /** Instants in UTC that EventBridge Scheduler leaves out when clocks change, as its expressions: `at(2027-03-28T01:30:00)`. */
  readonly leftOut: readonly string[];
}

/** A deployment says for so many years what to do when clocks change. */
const YEARS = 3;

/** @param now - when it is packaged */
export function schedulesOf(env: Environment, now: Date): readonly DeployedSchedule[] {
  const { names, patterns } = databasesOf(env);
  const own = { ...env, DUMP_SCHEDULE: String(parameterValues(env).DUMP_SCHEDULE) };
  const chosen = patterns
    ? dumpGroups(own, { names, patterns }).map(({ expression, timezone }) => ({
        ...{ expression, timezone, database: undefined, detail: { schedule: expression, timezone } },
      }))
    : names.map((database) => ({ ...dumpScheduleOf(own, database), database, detail: { database } }));
  const known = new Map<string, readonly string[]>();
  return chosen.map((one, index) => {
    const key = JSON.stringify([one.expression, one.timezone]);
    if (!known.has(key)) known.set(key, leftOutOf(one, now));
    return { ...one, number: index + 1, leftOut: known.get(key) ?? [] };
  });
}

/** Of a malformed one none: problems.ts refuses it. */
function leftOutOf(schedule: DumpSchedule, now: Date): string[] {
  if (!isSchedule(schedule.expression)) return [];
  const tomorrow = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1);
  const end = new Date(Date.UTC(now.getUTCFullYear() + YEARS + 1, 0));
  const firings = leftOutBetween(readDumpSchedule(schedule), new Date(tomorrow), end);
  return firings.map((at) => `at(${at.toISOString().slice(0, 19)})`);
}

/** CloudFormation allows 500 resources in a stack. The others are fewer than 100. */
const MOST_SCHEDULES = 400;

/** What keeps the schedules from being deployed. */
export function scheduleProblems(env: Environment, now: Date): string[] {
  const schedules = schedulesOf(env, now);
  const ofChanges = schedules.reduce((sum, { leftOut }) => sum + leftOut.length, 0);
  const all = schedules.length + ofChanges;
  if (all <= MOST_SCHEDULES) return [];
  const changes =
    ofChanges === 0
      ? ''
      : `, ${ofChanges} of them for the days on which clocks change: a DUMP_SCHEDULE outside of these hours needs none`;
  return [
    `${all} schedules do not fit a stack of CloudFormation, which has room for ${MOST_SCHEDULES}${changes}; use patterns in POSTGRES_DBS, or back up some of the databases from another stage`,
  ];
}
