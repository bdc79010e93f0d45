import { ConfigError, PolicyError } from '../backup/errors.ts';
import type { TargetState } from '../postgres/places/restore-target.ts';
import type { RestoreOptions } from './request.ts';

/**
 * Makes sure that nothing is written where it is not wanted. Pure.
 *
 * @throws {@link ConfigError} if the database is not there and not to be made
 * @throws {@link PolicyError} if it holds something that nobody said may be replaced
 */
export function checkTarget(
  database: string,
  { exists, holds }: Pick<TargetState, 'exists' | 'holds'>,
  { create, clean, tables }: Pick<RestoreOptions, 'create' | 'clean' | 'tables'>,
): void {
  const subject = `"${database}"`;
  if (!exists && !create) {
    throw new ConfigError({
      operation: 'restore into',
      subject,
      problem: 'there is no such database',
      hint: 'use --create to create it with the encoding and locale of the original database',
    });
  }
  const what = tables.length === 0 ? 'replaces its contents with those of the archive' : 'replaces those tables';
  if (clean !== undefined && clean !== database) {
    throw new PolicyError({
      operation: 'restore into',
      subject,
      problem: `--clean names "${clean}", which is another database`,
      hint: `--clean ${JSON.stringify(database)} ${what}`,
    });
  }
  if (holds.length > 0 && clean === undefined) {
    const some = holds.length > 3 ? `${holds.slice(0, 3).join(', ')} and more` : holds.join(', ');
    throw new PolicyError({
      operation: 'restore into',
      subject,
      problem: `the database is not empty: it holds ${some}`,
      hint: `restore into a new one with --create, or use --clean ${JSON.stringify(database)}, which ${what}`,
    });
  }
}
