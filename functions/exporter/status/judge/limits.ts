const HOUR = 3_600_000;

/**
 * The limits of alerts.yml as it is shipped: while an alert fires the page may not say that all is well. Whoever changes
 * one there changes it here.
 */
export const LIMITS = {
  backupAgeMs: 25 * HOUR,
  failureAgeMs: 25 * HOUR,
  unprovedAgeMs: 6 * HOUR,
  restorableAgeMs: 72 * HOUR,
  archiveSizeRatio: 0.5,
  dumpTimeUsedRatio: 0.7,
  clientAgeMs: 150 * 24 * HOUR,
  objects: 1_000,
  objectSizeBytes: 500e9,
} as const;
