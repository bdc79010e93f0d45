import { DumpError, VaultError } from '../backup/errors.ts';
import { firstComplaint } from '../postgres/complaints/heard.ts';
import { restoreHint } from '../postgres/complaints/hints.ts';
import { lacksRights } from '../postgres/complaints/judge-complaints.ts';
import type { TargetState } from '../postgres/places/restore-target.ts';
import type { RestoreRequest } from './request.ts';

/**
 * Makes what pg_restore said of a failed restore into a sentence, and says what state the database is in now. What is no
 * failure of pg_restore stays as it is.
 *
 * @param atomic - the restore was one transaction: nothing of it is left
 */
export function explainFailure(
  error: unknown,
  { backup, to }: Pick<RestoreRequest, 'backup' | 'to'>,
  { atomic, server, superuser }: { readonly atomic: boolean } & Pick<TargetState, 'server' | 'superuser'>,
): unknown {
  if (atomic && error instanceof VaultError) {
    const { operation, subject = '', problem } = error;
    const hint = 'nothing was changed: restore another backup';
    return new VaultError({ operation, subject, problem, hint, cause: error });
  }
  if (!(error instanceof DumpError)) return error;
  const left = atomic
    ? `${!superuser && lacksRights(error.problem) ? GO_ON : ''}nothing was changed`
    : `the database is now incomplete: drop it, or run again with --clean ${JSON.stringify(to.database)}`;
  const advice = restoreHint(error.problem, { from: backup.manifest.server.version, to: server.version });
  return new DumpError({
    operation: 'restore into',
    subject: `"${to.database}"`,
    problem: firstComplaint(error.problem),
    hint: advice === undefined ? left : `${advice}; ${left}`,
    exitCode: error.exitCode,
    signal: error.signal,
    cause: error,
  });
}

const GO_ON =
  'with --jobs 2 the restore is no single transaction: it goes on without what only a superuser may do, and lists that; ';
