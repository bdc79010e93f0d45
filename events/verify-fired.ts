import * as z from 'zod';
import { problemsOf } from '../layers/backup/document.ts';
import { EventError } from '../layers/backup/errors.ts';
import { formatFiredAt, parseFiredAt } from '../layers/backup/instant.ts';
import type { BackupName } from '../layers/backup/keys.ts';
import { parseObjectCreated, type VaultPlace } from './object-created.ts';
import { scheduledEvent } from './schedule-fired.ts';

/**
 * `new`: one with a verdict is done. `again`: what is only readable, or unrestorable, is tried once more, as a person
 * asks for it. `aged`: a good verdict is old, and is looked at again.
 */
export type VerifyAs = z.infer<typeof asSchema>;

const asSchema = z.enum(['new', 'again', 'aged']);

/** What to verify: these backups, or all that have no verdict yet. */
export type VerifyFired =
  | {
      readonly kind: 'backups';
      readonly names: readonly BackupName[];
      readonly as: VerifyAs;
    }
  | {
      readonly kind: 'unverified';
      /** When the schedule fired: the same on every delivery of one firing. */
      readonly firedAt?: Date;
    };

const byHand = z.strictObject({ database: z.string().min(1), firedAt: z.string(), as: asSchema.default('again') });

/** The event for one backup; a task gets it from the function that hands a backup over. */
export function verifyEvent({ database, firedAt }: BackupName, as: VerifyAs): z.input<typeof byHand> {
  return { database, firedAt: formatFiredAt(firedAt), as };
}

/**
 * What fires verify: the bucket (a manifest was created), a schedule (events may be lost: all without a verdict), by
 * hand `{"database": "shop", "firedAt": "2026-11-22T02-00-00Z"}` for one and `{}` for all without a verdict, or
 * {@link verifyEvent}.
 *
 * @throws {@link EventError} if it is none of them
 */
export function parseVerifyFired(event: unknown, vault: VaultPlace): VerifyFired {
  if (event === null || typeof event !== 'object' || Array.isArray(event)) throw notOurs('it is not an object');
  if ('Records' in event || 'Event' in event) {
    return { kind: 'backups', names: parseObjectCreated(event, vault), as: 'new' };
  }
  if (Object.keys(event).length === 0) return { kind: 'unverified' };
  if ('source' in event) {
    const { time } = read(scheduledEvent, event);
    return { kind: 'unverified', firedAt: new Date(time) };
  }
  const { database, firedAt: text, as } = read(byHand, event);
  const firedAt = parseFiredAt(text);
  if (firedAt === undefined) throw notOurs('firedAt: not in the form that keys use, such as 2026-11-22T02-00-00Z');
  return { kind: 'backups', names: [{ database, firedAt }], as };
}

function read<T>(schema: z.ZodType<T>, event: unknown): T {
  const parsed = schema.safeParse(event);
  if (parsed.success) return parsed.data;
  throw notOurs(problemsOf(parsed.error));
}

function notOurs(problem: string): EventError {
  return new EventError({
    operation: 'read event',
    subject: 'verify fired',
    problem,
    hint: 'send a notification of the bucket, a scheduled event, {} or {"database": "<name>", "firedAt": "<as in the key>"}',
  });
}
