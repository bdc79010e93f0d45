import { isPattern } from '../backup/database-patterns.ts';
import { environmentFor } from '../settings/database-settings.ts';
import type { Databases } from '../settings/databases.ts';
import { type Environment, readEnvironment } from '../settings/environment.ts';
import { readSchedule, type Schedule } from './expression.ts';

/** When a database is dumped, as it is written. */
export interface DumpSchedule {
  /** `cron(0 2 * * ? *)` */
  readonly expression: string;
  readonly timezone: string;
}

/** A schedule, and the databases that are named and dumped by it. Those that are found may be too. */
export interface DumpGroup extends DumpSchedule {
  readonly databases: readonly string[];
}

/** Names a schedule, the same for all who mean it. */
export function keyOf({ expression, timezone }: DumpSchedule): string {
  return `${expression} ${timezone}`;
}

/** @throws {@link ConfigError} if the expression is not one */
export function readDumpSchedule({ expression, timezone }: DumpSchedule): Schedule {
  return readSchedule(expression, 'DUMP_SCHEDULE', timezone);
}

/** When a database is dumped: by its own settings, or by those of all. What is malformed its reader refuses. */
export function dumpScheduleOf(env: Environment, database: string): DumpSchedule {
  return written(environmentFor(env, database));
}

/**
 * The schedules by which databases are dumped, each once: first those of the names, in their order, then those that found
 * databases may have.
 */
export function dumpGroups(env: Environment, { names, patterns }: Databases): readonly DumpGroup[] {
  const groups = new Map<string, DumpSchedule & { databases: string[] }>();
  const groupOf = (schedule: DumpSchedule) => {
    const group = groups.get(keyOf(schedule)) ?? { ...schedule, databases: [] };
    groups.set(keyOf(schedule), group);
    return group;
  };
  for (const name of names) groupOf(dumpScheduleOf(env, name)).databases.push(name);
  if (patterns) for (const schedule of schedulesOfFound(env, patterns.include)) groupOf(schedule);
  return [...groups.values()];
}

/** Whatever entries with patterns fit a database, in their order each is in the place of those before it. */
function schedulesOfFound(env: Environment, include: readonly string[]): readonly DumpSchedule[] {
  const settings = readEnvironment(env, 'the schedules').get('DATABASE_SETTINGS') ?? {};
  let possible: readonly DumpSchedule[] = [written(env)];
  for (const [entry, { DUMP_SCHEDULE, DUMP_TIMEZONE }] of Object.entries(settings)) {
    if (!isPattern(entry) || (DUMP_SCHEDULE === undefined && DUMP_TIMEZONE === undefined)) continue;
    const changed = possible.map(({ expression, timezone }) => ({
      ...{ expression: DUMP_SCHEDULE ?? expression, timezone: DUMP_TIMEZONE ?? timezone },
    }));
    const fitsAll = entry === '*' || include.every((pattern) => pattern === entry);
    possible = fitsAll ? changed : [...possible, ...changed];
  }
  return possible;
}

function written(env: Environment): DumpSchedule {
  const read = readEnvironment(env, 'the schedule');
  return { expression: read.get('DUMP_SCHEDULE'), timezone: read.get('DUMP_TIMEZONE') };
}
