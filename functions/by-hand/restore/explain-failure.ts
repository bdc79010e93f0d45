import { DumpError, VaultError } from '../../../layers/backup/errors.ts';
import type { RestoreRequest } from './request.ts';

const LONGEST_LINE = 300;

/**
 * Makes what pg_restore said of a failed restore into a sentence, and says what state the database is in now. What is no
 * failure of pg_restore stays as it is.
 *
 * @param atomic - the restore was one transaction: nothing of it is left
 */
export function explainFailure(
  error: unknown,
  { backup, to }: Pick<RestoreRequest, 'backup' | 'to'>,
  { atomic, serverVersion }: { readonly atomic: boolean; readonly serverVersion: string },
): unknown {
  if (atomic && error instanceof VaultError) {
    const { operation, subject = '', problem } = error;
    const hint = 'nothing was changed: restore another backup';
    return new VaultError({ operation, subject, problem, hint, cause: error });
  }
  if (!(error instanceof DumpError)) return error;
  const left = atomic
    ? 'nothing was changed'
    : `what is in the database now is incomplete: drop it, or run again with --clean ${JSON.stringify(to.database)}`;
  const advice = adviceFor(error.problem, { from: backup.manifest.server.version, to: serverVersion });
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

/** The first thing that went wrong, without the list of what was under way. */
function firstComplaint(problem: string): string {
  const lines = problem.split('\n').map((line) => line.slice(0, LONGEST_LINE));
  const first = lines.findIndex((line) => /\berror: /.test(line));
  if (first < 0) return lines.join('; ');
  const command = lines.slice(first + 1).find((line) => line.startsWith('Command was: '));
  const text = lines[first]?.replace(/^.*?\berror: /, 'pg_restore: ') ?? '';
  return command === undefined ? text : `${text} (${command.trim()})`;
}

function adviceFor(problem: string, versions: { readonly from: string; readonly to: string }): string | undefined {
  if (/role ".*" does not exist/.test(problem)) {
    return '--globals brings the roles along, --no-owner --no-privileges does without them';
  }
  if (/tablespace ".*" does not exist/.test(problem)) return '--no-tablespaces does without';
  if (/extension ".*" is not available|extension control file/.test(problem)) {
    return "install the extension's files on the server first";
  }
  if (/out of shared memory|max_locks_per_transaction/.test(problem)) {
    return 'raise max_locks_per_transaction, or use --jobs 2, which needs no single transaction';
  }
  if (/already exists/.test(problem)) return 'something of that name is in the way';
  if (Number.parseInt(versions.to, 10) < Number.parseInt(versions.from, 10)) {
    return `the backup is of PostgreSQL ${versions.from}, the server is ${versions.to}: it may lack what the backup uses`;
  }
  return undefined;
}
