import { ConfigError } from '../../layers/backup/errors.ts';
import type { Refresh } from './config.ts';

/**
 * The refresh of a name, or the only one that there is.
 *
 * @throws {@link ConfigError} if there is none of that name, or several where none is named
 */
export function findRefresh(refreshes: readonly Refresh[], name: string | undefined): Refresh {
  const [only] = refreshes;
  const found =
    name === undefined ? (refreshes.length === 1 ? only : undefined) : refreshes.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = refreshes.map((one) => one.name).join(', ');
  throw new ConfigError({
    operation: 'choose the refresh',
    problem: name === undefined ? `there are several: ${names}` : `there is no refresh ${name}; there is ${names}`,
    hint: 'name one of them, as the file does',
  });
}
