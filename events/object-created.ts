import * as z from 'zod';
import { problemsOf } from '../layers/backup/document.ts';
import { EventError } from '../layers/backup/errors.ts';
import { formatFiredAt } from '../layers/backup/instant.ts';
import { type BackupName, parseKey } from '../layers/backup/keys.ts';
import { type BaseName, parseClusterKey } from '../layers/wal/keys.ts';

/** The part of the bucket that is ours. */
export interface VaultPlace {
  readonly bucket: string;
  /** With its slash. */
  readonly prefix: string;
}

/** Who sends, and how it writes keys: S3 and MinIO encode them as a form's field is encoded, Ceph leaves them as they are. */
const KEY_ENCODINGS = { 'aws:s3': decodeFormField, 'minio:s3': decodeFormField, 'ceph:s3': (key: string) => key };

const anyRecord = z.object({ eventName: z.string() });

const createdRecord = z.object({
  eventSource: z.enum(Object.keys(KEY_ENCODINGS) as (keyof typeof KEY_ENCODINGS)[]),
  s3: z.object({ bucket: z.object({ name: z.string() }), object: z.object({ key: z.string() }) }),
});

const notification = z.object({ Records: z.array(z.unknown()) });

/** What S3 sends once when a notification is configured. */
const testEvent = z.object({ Event: z.literal('s3:TestEvent') });

/**
 * Object created → the backups whose manifests were written, each once.
 *
 * Takes the notifications of AWS S3, MinIO (a webhook's body) and Ceph RGW. Records of anything but a creation, and
 * our keys that are not manifests, are passed over: a notification without the suffix filter does no harm. One for
 * another bucket, or for keys outside of our prefix, would never tell of a backup: it is refused, loudly.
 *
 * @throws {@link EventError} if it is not such an event, or not about our part of the bucket
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export function parseObjectCreated(event: unknown, place: VaultPlace): readonly BackupName[] {
  const names = new Map<string, BackupName>();
  for (const key of createdKeys(event, place)) {
    const parsed = parseKey(place.prefix, key);
    if (parsed?.kind !== 'manifest') continue;
    const { database, firedAt } = parsed;
    names.set(`${formatFiredAt(firedAt)}/${database}`, { database, firedAt });
  }
  return [...names.values()];
}

/** The same of base backups, whose `base.json` was written. */
export function parseBaseCreated(event: unknown, place: VaultPlace): readonly BaseName[] {
  const names = new Map<string, BaseName>();
  for (const key of createdKeys(event, place)) {
    const parsed = parseClusterKey(place.prefix, key);
    if (parsed?.kind !== 'base') continue;
    const { systemIdentifier, startedAt } = parsed;
    names.set(`${systemIdentifier}/${formatFiredAt(startedAt)}`, { systemIdentifier, startedAt });
  }
  return [...names.values()];
}

/**
 * A notification in parts, for whoever has several vaults in one bucket: to each vault the records about it. What is about
 * none of them goes to the first, whose parser refuses it.
 *
 * @param places - at least one; no prefix begins with another
 */
export function partsOf<Place extends VaultPlace>(event: unknown, places: readonly Place[]): [Place, unknown][] {
  const [first] = places;
  const parsed = notification.safeParse(event);
  if (first === undefined) return [];
  if (places.length === 1 || !parsed.success) return [[first, event]];
  const placed = parsed.data.Records.map((record) => {
    const created = createdRecord.safeParse(record);
    const key = created.success ? KEY_ENCODINGS[created.data.eventSource](created.data.s3.object.key) : undefined;
    return { record, place: places.find(({ prefix }) => key?.startsWith(prefix)) ?? first };
  });
  return places.flatMap((place): [Place, unknown][] => {
    const Records = placed.filter((one) => one.place === place).map(({ record }) => record);
    return Records.length === 0 ? [] : [[place, { Records }]];
  });
}

/** Of every object below our prefix that was created. */
function createdKeys(event: unknown, { bucket, prefix }: VaultPlace): string[] {
  if (testEvent.safeParse(event).success) return [];
  const keys: string[] = [];
  for (const [index, record] of read(notification, event, '').Records.entries()) {
    const where = `Records.${index}`;
    if (!isCreation(read(anyRecord, record, where).eventName)) continue;
    const { eventSource, s3 } = read(createdRecord, record, where);
    if (s3.bucket.name !== bucket) {
      throw notOurs(`${where} is for bucket ${clip(s3.bucket.name)}, but this vault is ${bucket}`, WRONG_NOTIFICATION);
    }
    const key = KEY_ENCODINGS[eventSource](s3.object.key);
    if (key === undefined) throw notOurs(`${where}.s3.object.key: not URL-encoded UTF-8`);
    if (!key.startsWith(prefix)) {
      throw notOurs(
        `${where} is for key ${clip(key)}, but keys in this vault begin with ${prefix}`,
        WRONG_NOTIFICATION,
      );
    }
    keys.push(key);
  }
  return keys;
}

const WRONG_NOTIFICATION =
  "the bucket's notification and the function's BACKUP_BUCKET or BACKUP_PREFIX disagree: make them the same";

/** AWS and Ceph say `ObjectCreated:Put`, MinIO `s3:ObjectCreated:Put`. */
function isCreation(eventName: string): boolean {
  return /^(s3:)?ObjectCreated:/.test(eventName);
}

function decodeFormField(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

function read<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw notOurs(
    `${where && `${where}: `}${problemsOf(parsed.error)}`,
    'send an ObjectCreated notification of the bucket',
  );
}

function clip(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}

function notOurs(problem: string, hint?: string): EventError {
  return new EventError({
    operation: 'read event',
    subject: 'object created',
    problem,
    ...(hint !== undefined && { hint }),
  });
}
