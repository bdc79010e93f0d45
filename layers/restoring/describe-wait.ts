import type { LockHolder, LockWait } from '../postgres/contents/lock-watch.ts';
import { duration } from '../words/spans.ts';

/** What a restore waits for, for how long and for whom, as a sentence. Pure. */
export function describeWait({ what, mode, waitedMs, holders }: LockWait): string {
  const whom = holders.map(describeHolder).join('; ');
  const pids = holders.flatMap(({ pid }) => (pid === 0 ? [] : [`SELECT pg_terminate_backend(${pid})`]));
  const hint = pids.length === 0 ? 'end it with COMMIT PREPARED or ROLLBACK PREPARED' : `to end it: ${pids.join('; ')}`;
  return `waiting for ${duration(waitedMs)} for a lock on ${what} (${mode}), held by ${whom}; ${hint}`;
}

function describeHolder({ pid, user, application, state, queryMs, transactionMs }: LockHolder): string {
  if (pid === 0) return 'a prepared transaction';
  const facts = [
    `user ${user ?? 'unknown'}`,
    ...(application ? [`application ${application}`] : []),
    ...(state === null ? [] : [state]),
    ...(transactionMs === null ? [] : [`in a transaction for ${duration(transactionMs)}`]),
    ...(queryMs === null ? [] : [`its query began ${duration(queryMs)} ago`]),
  ];
  return `pid ${pid} (${facts.join(', ')})`;
}
