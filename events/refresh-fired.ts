import * as z from 'zod';
import { problemsOf } from '../layers/backup/document.ts';
import { EventError } from '../layers/backup/errors.ts';
import { scheduledEvent } from './schedule-fired.ts';

export interface RefreshFired {
  /** Undefined for the only one that there is. */
  readonly name: string | undefined;
  /** Whether what is there already is restored once more. */
  readonly again: boolean;
}

/** What a refresh is called where functions are: the failures of one have nothing to do with those of another. */
export function refreshFunction({ name }: Pick<RefreshFired, 'name'>): string {
  return name === undefined ? 'refresh' : `refresh ${name}`;
}

const byHand = z.strictObject({ refresh: z.string().min(1).optional(), again: z.boolean().default(false) });

/**
 * Schedule fired → which database elsewhere to refresh.
 *
 * Takes EventBridge's scheduled event, to which our input transformer adds `detail.refresh`, and by hand `{}` or
 * `{"refresh": "staging", "again": true}`.
 *
 * @throws {@link EventError} if it is neither
 */
export function parseRefreshFired(event: unknown): RefreshFired {
  const isScheduled = event !== null && typeof event === 'object' && 'source' in event;
  const parsed = (isScheduled ? scheduledEvent : byHand).safeParse(event);
  if (!parsed.success) {
    throw new EventError({
      ...{ operation: 'read event', subject: 'refresh fired', problem: problemsOf(parsed.error) },
      hint: 'send EventBridge\'s scheduled event, {} or {"refresh": "<name>", "again": true}',
    });
  }
  const fired = parsed.data;
  if ('source' in fired) return { name: fired.detail?.refresh, again: false };
  return { name: fired.refresh, again: fired.again };
}
