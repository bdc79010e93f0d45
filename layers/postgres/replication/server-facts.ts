import { ConfigError } from '../../backup/errors.ts';

/** READ_REPLICATION_SLOT came with it. */
const OLDEST_MAJOR = 15;

/**
 * @param versionNumber - `server_version_num`, as SHOW writes it
 * @throws {@link ConfigError} if there is no point-in-time recovery of so old a server
 */
export function majorOf(versionNumber: string, subject: string): number {
  const major = Math.floor(Number(versionNumber) / 10_000);
  if (major >= OLDEST_MAJOR) return major;
  throw new ConfigError({
    operation: 'connect for replication to',
    subject,
    problem: `point-in-time recovery needs PostgreSQL ${OLDEST_MAJOR} or newer, and this is ${major}`,
    hint: 'leave PITR off for this server; dumps go on',
  });
}

/** `16MB`, as SHOW writes it; nothing has no unit. */
export function bytesOf(text: string): number {
  const [, number, unit = ''] = /^(\d+)(B|kB|MB|GB|TB)$/.exec(text === '0' ? '0B' : text) ?? [];
  const factor = { B: 1, kB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 }[unit];
  if (factor === undefined) throw new Error(`the server states a size as ${text}`);
  return Number(number) * factor;
}
