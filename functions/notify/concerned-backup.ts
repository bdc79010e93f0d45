import type { FunctionFailed } from '../../events/function-failed.ts';
import type { VaultPlace } from '../../events/object-created.ts';
import { parseScheduleFired } from '../../events/schedule-fired.ts';
import { parseVerifyFired } from '../../events/verify-fired.ts';
import { EventError } from '../../layers/backup/errors.ts';
import { parseFiredAt } from '../../layers/backup/keys.ts';

export interface Concerned {
  readonly database?: string;
  /** Only where the backup itself was named. */
  readonly firedAt?: Date;
  /** How many more backups the event was about. */
  readonly others: number;
}

const NOBODY: Concerned = { others: 0 };

/** Which backup a failure is about, as far as the event that failed tells, or verify's own words do. */
export function concernedBackup(
  { function: name, request, at, error }: FunctionFailed,
  vault: VaultPlace,
  databases: readonly string[],
): Concerned {
  try {
    if (name === 'dump') return { ...dumped(request, at, databases), others: 0 };
    if (name === 'verify') return verified(request, vault, error.problem);
  } catch (error) {
    // An event that is not ours may be just what the function failed on.
    if (!(error instanceof EventError)) throw error;
  }
  return NOBODY;
}

function dumped(request: unknown, now: Date, databases: readonly string[]): Omit<Concerned, 'others'> {
  const { database, firedAt } = parseScheduleFired(request, { now, databases });
  const named = request !== null && typeof request === 'object' && 'time' in request;
  return { database, ...(named && { firedAt }) };
}

function verified(request: unknown, vault: VaultPlace, problem: string): Concerned {
  const fired = parseVerifyFired(request, vault);
  if (fired.kind !== 'backups') return judged(problem);
  const [first, ...rest] = fired.names;
  return { ...first, others: rest.length };
}

/** A schedule names no backup, but a bad verdict does. */
function judged(problem: string): Concerned {
  const [, database, at = ''] = /^verify "(.*?)", backup (\S+): /s.exec(problem) ?? [];
  const firedAt = parseFiredAt(at);
  return database === undefined || firedAt === undefined ? NOBODY : { database, firedAt, others: 0 };
}
