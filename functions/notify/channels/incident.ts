import { createHash } from 'node:crypto';
import { readBadVerdict } from '../../../layers/backup/bad-verdict.ts';
import { troubleKey } from '../../../layers/backup/keys.ts';
import type { Notification } from '../../../layers/backup/notification.ts';

/** What PagerDuty takes as a dedup_key; Opsgenie takes more as an alias. In characters. */
const LONGEST = 255;

/**
 * The key of an incident: the same for all messages of one trouble, so that its end closes what its first failure opened. It
 * begins with the bucket, since another bucket may have a database of the same name. A test has an incident of its own.
 */
export function incidentOf(
  { bucket, prefix }: { readonly bucket: string; readonly prefix: string },
  { database, function: name, test }: Pick<Notification, 'database' | 'function' | 'test'>,
): string {
  const key = `pgvouch ${bucket}/${troubleKey(prefix, database, name)}${test ? ' test' : ''}`;
  if (key.length <= LONGEST) return key;
  return `pgvouch ${createHash('sha256').update(key).digest('hex')}`;
}

/** A bad backup may be the only one: that is worse than a failure, which the next run may make good. */
export function urgencyOf({ error, test }: Notification): 'test' | 'high' | 'highest' {
  if (test) return 'test';
  return readBadVerdict(error.problem) ? 'highest' : 'high';
}
