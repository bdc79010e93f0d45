import type { FunctionFailed } from '../../events/function-failed.ts';
import type { VaultPlace } from '../../events/object-created.ts';
import { parseScheduleFired } from '../../events/schedule-fired.ts';
import { parseVerifyFired } from '../../events/verify-fired.ts';
import { EventError } from '../../layers/backup/errors.ts';

export interface Concerned {
  readonly database?: string;
  /** Only where the event itself named the backup. */
  readonly firedAt?: Date;
  /** How many more backups the event was about. */
  readonly others: number;
}

const NOBODY: Concerned = { others: 0 };

/** Which backup a failure is about, as far as the event that failed tells. */
export function concernedBackup(
  { function: name, request, at }: FunctionFailed,
  vault: VaultPlace,
  databases: readonly string[],
): Concerned {
  try {
    if (name === 'dump') return { ...dumped(request, at, databases), others: 0 };
    if (name === 'verify') return verified(request, vault);
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

function verified(request: unknown, vault: VaultPlace): Concerned {
  const fired = parseVerifyFired(request, vault);
  if (fired.kind !== 'backups') return NOBODY;
  const [first, ...rest] = fired.names;
  return { ...first, others: rest.length };
}
