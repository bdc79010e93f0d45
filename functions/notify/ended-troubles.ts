import * as z from 'zod';
import type { FunctionSucceeded } from '../../events/function-succeeded.ts';
import type { VaultPlace } from '../../events/object-created.ts';
import { parseRefreshFired, refreshFunction } from '../../events/refresh-fired.ts';
import { parseScheduleFired } from '../../events/schedule-fired.ts';
import { parseVerifyFired } from '../../events/verify-fired.ts';
import { EventError } from '../../layers/backup/errors.ts';
import { provedSchema } from '../../layers/backup/proved.ts';

/** What a success may have ended: the trouble of its function with a database, or with none. */
export interface EndedTrouble {
  /** What people know the function by, where that says more than its name: `refresh staging`. */
  readonly function?: string;
  readonly database?: string;
  /** The newest backup that it proves. */
  readonly firedAt?: Date;
}

const answerOfVerify = z.array(provedSchema);
const dryRun = z.object({ dryRun: z.literal(true) });
/** wal's, if another run had the slot; base's, if it took nothing. */
const idle = z.object({ outcome: z.enum(['busy', 'skipped']) });

/**
 * Which troubles a success may have ended. A dump ends those of its database; verify those of every database that it
 * proved a backup of, and if it looked for what it had missed, those of its schedule; retention its own, unless it only
 * said what it would do; wal and base their own, unless they found nothing to do; each refresh its
 * own.
 */
export function endedTroubles(
  { function: name, request, response, at }: FunctionSucceeded,
  vault: VaultPlace,
  databases: readonly string[],
): EndedTrouble[] {
  try {
    if (name === 'dump') return [{ database: parseScheduleFired(request, { now: at, databases }).database }];
    if (name === 'verify') return endedByVerify(request, response, vault);
    if (name === 'refresh') return [{ function: refreshFunction(parseRefreshFired(request)) }];
    return dryRun.safeParse(request).success || idle.safeParse(response).success ? [] : [{}];
  } catch (error) {
    // It ended well, so it understood the event; ours may be another configuration.
    if (!(error instanceof EventError)) throw error;
    return [];
  }
}

function endedByVerify(request: unknown, response: unknown, vault: VaultPlace): EndedTrouble[] {
  const newest = new Map<string, Date>();
  const answer = answerOfVerify.safeParse(response);
  for (const { database, firedAt } of answer.success ? answer.data : []) {
    const at = new Date(firedAt);
    if ((newest.get(database) ?? at) <= at) newest.set(database, at);
  }
  const proved = Array.from(newest, ([database, firedAt]) => ({ database, firedAt }));
  return parseVerifyFired(request, vault).kind === 'unverified' ? [...proved, {}] : proved;
}
