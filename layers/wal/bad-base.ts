import { problemOfVerdict } from '../backup/bad-verdict.ts';
import { VaultError } from '../backup/errors.ts';
import { formatFiredAt } from '../backup/instant.ts';
import type { BaseVerdict } from './base-verdict.ts';

/** A bad verdict on a base backup as an error: thrown, it makes the platform's failure path raise the alarm. */
export function badBaseError({ systemIdentifier, startedAt, verdict, reasons, goodUntil }: BaseVerdict): VaultError {
  return new VaultError({
    operation: 'verify',
    subject: `base backup ${formatFiredAt(new Date(startedAt))} of cluster ${systemIdentifier}`,
    problem: problemOfVerdict(verdict, reasons),
    hint: goodUntil === undefined ? BAD : `recovery to before ${goodUntil} is still possible with it. ${BAD}`,
  });
}

const BAD =
  'take another base backup now (`npx pgvouch base`): recovery to any moment after it does not need this one. Older base backups are kept';
