import * as z from 'zod';
import { problemsOf } from '../layers/backup/document.ts';
import { EventError } from '../layers/backup/errors.ts';
import { firedAtOf, scheduledEvent } from './schedule-fired.ts';

export interface BaseFired {
  /** Whole seconds: the key of a base backup holds no more. */
  readonly firedAt: Date;
  readonly kind: 'full' | 'incremental';
}

const kind = z.enum(['full', 'incremental']).optional();
const scheduled = scheduledEvent.extend({ detail: z.object({ kind }).optional() });
const byHand = z.strictObject({ kind, time: z.iso.datetime().optional() });

/**
 * Schedule fired → which base backup to take, and the instant that names it: the same on every redelivery.
 *
 * Takes EventBridge's scheduled event, to which our input transformer adds `detail.kind`, and by hand `{}` or
 * `{"kind": "incremental", "time": "2026-11-22T01:30:00Z"}`. Without a kind it is a full one.
 *
 * @throws {@link EventError} if it is neither, or fired in the future
 */
export function parseBaseFired(event: unknown, now: Date): BaseFired {
  const isScheduled = event !== null && typeof event === 'object' && 'source' in event;
  const parsed = (isScheduled ? scheduled : byHand).safeParse(event);
  if (!parsed.success) {
    throw new EventError({
      ...{ operation: 'read event', subject: 'schedule fired', problem: problemsOf(parsed.error) },
      hint: 'send EventBridge\'s scheduled event, {} or {"kind": "incremental", "time": "2026-11-22T01:30:00Z"}',
    });
  }
  const { time, ...fired } = parsed.data;
  const asked = 'detail' in fired ? fired.detail?.kind : 'kind' in fired ? fired.kind : undefined;
  return { firedAt: firedAtOf(time, now), kind: asked ?? 'full' };
}
