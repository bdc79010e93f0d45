import type { FunctionFailed } from '../../events/function-failed.ts';
import type { VaultPlace } from '../../events/object-created.ts';
import { parseRefreshFired, refreshFunction } from '../../events/refresh-fired.ts';
import { parseScheduleFired } from '../../events/schedule-fired.ts';
import { parseVerifyFired } from '../../events/verify-fired.ts';
import { readBadVerdict } from '../../layers/backup/bad-verdict.ts';
import { EventError } from '../../layers/backup/errors.ts';

export interface Concerned {
  /** What people know the function by, where that says more than its name: `refresh staging`. */
  readonly function?: string;
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
    // It is no backup of that database that failed.
    if (name === 'refresh') return { function: refreshFunction(parseRefreshFired(request)), others: 0 };
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
  const names = fired.kind === 'backups' ? fired.names : [];
  // A schedule names no backup, an event may name several, but a bad verdict is on one.
  const { database, firedAt } = readBadVerdict(problem) ?? names[0] ?? {};
  if (database === undefined || firedAt === undefined) return NOBODY;
  return { database, firedAt, others: Math.max(0, names.length - 1) };
}
