import type { Daemon } from './daemon.ts';

export interface DemandedSetting {
  readonly name: string;
  readonly value: string;
}

/**
 * The setting of which a server in recovery says that the primary had more, when it starts or in the middle of the WAL; undefined
 * if it says so of none.
 *
 * @see https://www.postgresql.org/docs/current/hot-standby.html#HOT-STANDBY-ADMIN
 */
export function demandOf(daemon: Pick<Daemon, 'firstLogLine'>): DemandedSetting | undefined {
  const [, name, value] = LOWER.exec(daemon.firstLogLine(LOWER)) ?? [];
  return name === undefined || value === undefined ? undefined : { name, value };
}

/** `max_connections = 10 is a lower setting than on the primary server, where its value was 100.` */
const LOWER = /(max_\w+) = \d+ is a lower setting than on the primary server, where its value was (\d+)/;

/**
 * Notes what a server demands among the settings that the next one is to have.
 *
 * @returns false if it demands nothing, or what it had
 */
export function raise(daemon: Pick<Daemon, 'firstLogLine'>, raised: Record<string, string>): boolean {
  const more = demandOf(daemon);
  if (more === undefined || raised[more.name] === more.value) return false;
  raised[more.name] = more.value;
  return true;
}
