import { readSchedule } from '../../layers/schedule/expression.ts';

/** When databases elsewhere are refreshed. */
export interface RefreshesConfig {
  readonly refreshes?: readonly ScheduledRefresh[];
}

export interface ScheduledRefresh {
  readonly name: string;
  readonly schedule: string;
  readonly timezone: string;
}

/** @throws {@link ConfigError} if it is none */
export function refreshSchedule({ schedule, timezone, name }: ScheduledRefresh) {
  return readSchedule(schedule, `REFRESH_SCHEDULE (refresh "${name}")`, timezone);
}
