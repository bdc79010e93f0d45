import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigError, textOf } from '../../layers/backup/errors.ts';

export interface Masking {
  readonly file: string;
  readonly sql: string;
  /** By which it is known whether it has changed since. */
  readonly sha256: string;
}

/**
 * Reads the SQL that masks.
 *
 * @throws {@link ConfigError} if it cannot be read, or holds nothing: whoever names a file wants something masked
 */
export function readMasking(file: string | undefined): Masking | undefined {
  if (file === undefined) return undefined;
  const refuse = (problem: string, cause?: unknown) =>
    new ConfigError({
      ...{ operation: 'read the masking', subject: file, problem, cause },
      hint: 'nothing was restored, since it would have been unmasked',
    });
  let sql: string;
  try {
    sql = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (cause) {
    throw refuse(cause instanceof TypeError ? 'it is not UTF-8' : textOf(cause), cause);
  }
  if (sql.trim() === '') throw refuse('it is empty');
  return { file, sql, sha256: createHash('sha256').update(sql).digest('hex') };
}
