import * as z from 'zod';
import { problemsOf } from '../layers/backup/document.ts';
import { EventError } from '../layers/backup/errors.ts';
import { parseFiredAt } from '../layers/backup/instant.ts';
import type { BaseName } from '../layers/wal/keys.ts';
import { parseBaseCreated, type VaultPlace } from './object-created.ts';
import { scheduledEvent } from './schedule-fired.ts';

/** What to recover with: these base backups, or the newest of each cluster. */
export type RecoveryFired =
  | {
      readonly kind: 'bases';
      readonly names: readonly BaseName[];
      /** `new`: one with a verdict is done. `again`: a person asks for it. */
      readonly as: 'new' | 'again';
    }
  | {
      readonly kind: 'newest';
      /** Of this one only. */
      readonly cluster?: string;
      /** When the schedule fired: the same on every delivery of one firing. */
      readonly firedAt?: Date;
    };

const systemIdentifier = z.string().regex(/^\d{1,20}$/);
const byHand = z.union([
  z.strictObject({ cluster: systemIdentifier.optional() }),
  z.strictObject({ cluster: systemIdentifier, base: z.string() }),
]);

/**
 * What fires recovery: the bucket (a `base.json` was created), a schedule, or by hand `{}` and
 * `{"cluster": "7431234567890123456"}` for the newest base backup, with `"base": "2026-11-22T02-00-00Z"` for another.
 *
 * @throws {@link EventError} if it is none of them
 */
export function parseRecoveryFired(event: unknown, vault: VaultPlace): RecoveryFired {
  if (event === null || typeof event !== 'object' || Array.isArray(event)) throw notOurs('it is not an object');
  if ('Records' in event || 'Event' in event) {
    return { kind: 'bases', names: parseBaseCreated(event, vault), as: 'new' };
  }
  if ('source' in event) {
    const parsed = scheduledEvent.safeParse(event);
    if (!parsed.success) throw notOurs(problemsOf(parsed.error));
    return { kind: 'newest', firedAt: new Date(parsed.data.time) };
  }
  const parsed = byHand.safeParse(event);
  if (!parsed.success) throw notOurs(problemsOf(parsed.error));
  const { cluster } = parsed.data;
  if (!('base' in parsed.data)) return { kind: 'newest', ...(cluster !== undefined && { cluster }) };
  const startedAt = parseFiredAt(parsed.data.base);
  if (startedAt === undefined) throw notOurs('base: not in the form that keys use, such as 2026-11-22T02-00-00Z');
  return { kind: 'bases', names: [{ systemIdentifier: parsed.data.cluster, startedAt }], as: 'again' };
}

function notOurs(problem: string): EventError {
  return new EventError({
    operation: 'read event',
    subject: 'recovery fired',
    problem,
    hint: 'send a notification of the bucket, a scheduled event, {} or {"cluster": "<system identifier>", "base": "<as in the key>"}',
  });
}
