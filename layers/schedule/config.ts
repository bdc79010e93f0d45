import type { EnvironmentReader } from '../settings/environment.ts';
import { NO_SCHEDULE } from '../settings/shapes.ts';
import { isSchedule, readSchedule, type Schedule } from './expression.ts';

export type ScheduleName =
  | 'DUMP_SCHEDULE'
  | 'VERIFY_SCHEDULE'
  | 'RETENTION_SCHEDULE'
  | 'WAL_SCHEDULE'
  | 'BASE_SCHEDULE'
  | 'BASE_INCREMENT_SCHEDULE'
  | 'RECOVERY_SCHEDULE';

/**
 * Reads a schedule whole: what is between its parentheses too, which the table of variables leaves to croner.
 *
 * @returns undefined for a bad one, which the reader reports
 */
export function readScheduleOf(read: EnvironmentReader, name: ScheduleName): Schedule | undefined {
  const expression = readExpression(read, name);
  return expression === undefined ? undefined : readSchedule(expression, name, timezoneOf(read, name));
}

/** The same as it is written. */
export function readExpression(read: EnvironmentReader, name: ScheduleName): string | undefined {
  const expression: string | undefined = read.get(name);
  if (expression === undefined || isSchedule(expression)) return expression;
  read.problem(`${name} ${NO_SCHEDULE}`);
  return undefined;
}

/** Only dumps have one; everything else goes by UTC. */
export function timezoneOf(read: EnvironmentReader, name: ScheduleName): string {
  return name === 'DUMP_SCHEDULE' ? (read.get('DUMP_TIMEZONE') ?? 'UTC') : 'UTC';
}
