import * as z from 'zod';
import { failureSchema } from './failure.ts';

/** What a webhook gets with `BACKUP_WEBHOOK_FORMAT=json`: the failure record whole, and what it stands in. */
export const notificationSchema = failureSchema.extend({
  /** `resolved` carries the newest failure of what is over. */
  status: z.enum(['firing', 'resolved']),
  /** When the first failure was given up that no success has followed since. */
  since: z.iso.datetime(),
  /** How many there were since then. */
  count: z.int().positive(),
  /** When the success came. */
  resolvedAt: z.iso.datetime().optional(),
  /** Of several servers, the one that it is about. */
  server: z.string().optional(),
  /** How many more backups the failed event was about. */
  others: z.int().positive().optional(),
  /** Why the failure record could not be written. */
  unrecorded: z.string().optional(),
  /** Nothing failed: `pgvouch notify --test` sent it. */
  test: z.literal(true).optional(),
  links: z.object({
    /** The status page, where it is known. */
    status: z.string().optional(),
    /** What to do: a URL, or the file and its section. */
    runbook: z.string(),
  }),
});

export type Notification = z.infer<typeof notificationSchema>;
