import { DumpError } from '../../layers/backup/errors.ts';
import type { RestoreDeps, RestoreProgress } from '../../layers/restoring/deps.ts';
import type { RestoreRequest } from '../../layers/restoring/request.ts';
import { restore } from '../../layers/restoring/restore.ts';
import { EXIT } from './exit-code.ts';
import { describeReport } from './restore-report.ts';
import type { Session } from './session.ts';

/** What is to be restored, and where its archive is. */
export interface RestoreRun {
  readonly store: RestoreDeps['store'];
  readonly request: RestoreRequest;
  /** What the report in JSON says beside. */
  readonly facts: object;
  readonly json: boolean | undefined;
}

/** Restores, and prints what it came to. @returns the exit code */
export async function runRestore(session: Session, { store, request, facts, json }: RestoreRun): Promise<number> {
  const onProgress = progressOn(session, request.to.database);
  const onRemark = session.terminal.line;
  const deps = { store, clientPrograms: session.clientPrograms, onProgress, onRemark, clock: session.now };
  const report = await restore(deps, request).catch((error) => {
    throw atDestination(error);
  });
  if (json) session.printJson({ ...facts, ...report });
  else session.print(describeReport(report));
  return report.differences.length + report.leftOut.length === 0 ? EXIT.ok : EXIT.bad;
}

/** The usual hint names the variables of the server to back up; here it is another server. */
export function atDestination(error: unknown): unknown {
  if (!(error instanceof DumpError) || !error.hint?.includes('POSTGRES_')) return error;
  const { operation, subject = '', problem, cause } = error;
  const hint = 'check --to, and PGPASSWORD if --to has no password';
  return new DumpError({ operation, subject, problem, hint, cause });
}

function progressOn({ terminal }: Session, database: string): (progress: RestoreProgress) => void {
  const names = { download: 'download', restore: `restore ${database}`, analyze: 'analyze', compare: 'compare' };
  const silently: Partial<Record<RestoreProgress['step'], string>> = {
    analyze: "collecting the planner's statistics",
    compare: 'comparing with the manifest',
  };
  let last: string | undefined;
  return ({ step, doneBytes, totalBytes }) => {
    const what = names[step];
    if (last !== undefined && last !== what) terminal.finished(last);
    const silent = silently[step];
    if (silent !== undefined && last !== what) terminal.line(silent);
    else if (silent === undefined) terminal.progress({ what, doneBytes, totalBytes });
    last = what;
  };
}
