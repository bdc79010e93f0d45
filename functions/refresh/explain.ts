import { DumpError } from '../../layers/backup/errors.ts';
import { SwitchUnknown } from '../../layers/postgres/swap/switch-error.ts';
import type { Refresh } from './config.ts';

/**
 * Says of a failure what holds for a refresh: hints for who backs up that server, or restores by hand into a database, are none
 * for it. Anything but a DumpError stays as it is, and so does one
 * after which it is not known which database is in use.
 */
export function explained(error: unknown, { name }: Pick<Refresh, 'name'>): unknown {
  if (!(error instanceof DumpError) || error instanceof SwitchUnknown) return error;
  const { operation, subject, problem, exitCode, signal } = error;
  const hint = error.hint?.includes('POSTGRES_')
    ? `check what the file says of the refresh ${name} below to`
    : error.hint?.replace(/(; )?the database is now incomplete: .*$/s, '');
  const hints = [hint, AS_BEFORE].filter((one) => one !== undefined && one !== '');
  return new DumpError({
    ...{ operation, problem, exitCode, signal, hint: hints.join('; '), cause: error },
    ...(subject !== undefined && { subject }),
  });
}

const AS_BEFORE = 'the database is as it was before';
