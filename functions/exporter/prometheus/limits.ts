import { TIME_WARNING_RATIO } from '../../../layers/backup/dump-limits.ts';

const HOUR_MS = 3_600_000;

/**
 * Where an alert begins to fire, and where the status page no longer says that all is well. The records at the top of
 * alerts.yml are made from these: `npm run docs:alerts`.
 */
export const LIMITS = {
  backupAgeMs: 25 * HOUR_MS,
  failureAgeMs: 25 * HOUR_MS,
  unprovedAgeMs: 6 * HOUR_MS,
  restorableAgeMs: 72 * HOUR_MS,
  archiveSizeRatio: 0.5,
  dumpTimeUsedRatio: TIME_WARNING_RATIO,
  clientAgeMs: 150 * 24 * HOUR_MS,
  objects: 1_000,
  objectSizeBytes: 500e9,
  recoveryPointAgeMs: 0.25 * HOUR_MS,
  slotRoomRatio: 0.5,
  slotRetainedBytes: 10e9,
} as const;

/** What each of them limits, for whoever reads alerts.yml. */
export const LIMIT_WORDS: Readonly<Record<keyof typeof LIMITS, string>> = {
  backupAgeMs:
    'How old the data of the newest backup may become where the exporter does not know the schedule: a day, and an hour.',
  failureAgeMs: 'How long a failure is shown that no later success can answer: it belongs to no (configured) database.',
  unprovedAgeMs: 'How long a backup may wait for its verdict. Longer than your longest drill.',
  restorableAgeMs: 'How old the newest backup may become that was really restored.',
  archiveSizeRatio: 'What the newest archive must at least be of the median of those before it: one half.',
  dumpTimeUsedRatio: 'How much of its time a dump may use.',
  clientAgeMs: 'How long ago the pg_dump in use was built: PostgreSQL repairs it every three months.',
  objects: 'Objects of one database. A backup has 4 or 5: 30 days and the grace come to about 170.',
  objectSizeBytes: 'Bytes of all databases together: 500 GB.',
  recoveryPointAgeMs:
    'How much time may be lost with the server (PITR): a quarter of an hour. wal says every five minutes how it stands. Set it by WAL_SCHEDULE.',
  slotRoomRatio: 'What must be left of max_slot_wal_keep_size: one half.',
  slotRetainedBytes: 'What a slot may keep on a server without such a limit: 10 GB.',
};
