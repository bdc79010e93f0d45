/**
 * Files that take longest, of the workers on two cores; the longest first. A run that began one of them last
 * would wait for it alone.
 */
export const LONG_FILES = [
  ...['e2e/exporter/alerts', 'faults/campaign/campaign', 'e2e/offline/stack'],
  ...['integration/dump/store-breaks', 'faults/postgres/hard-databases', 'integration/exporter/status'],
  ...['integration/scratch/extensions', 'integration/recovery/recovery', 'integration/base/increments'],
  ...['integration/verify/false-alarms', 'integration/recovery/two-clusters'],
  ...['integration/aws/package-artifacts', 'integration/notify/notify', 'e2e/offline/failures'],
  ...['integration/restore/restore', 'integration/base/recover', 'integration/restore/restore-over'],
  ...['integration/debian/pg-client', 'integration/serve/restarts'],
  ...['integration/recovery/what-lies-on-the-way', 'integration/debian/debian-packages'],
  ...['integration/offline/ceph-life', 'integration/notify/pings', 'integration/retention/removal'],
  ...['integration/vault/uploads', 'integration/dump/races', 'integration/dump/leaving-out'],
  ...['integration/verify/verify', 'integration/scratch/scratch-servers', 'integration/wal/restore-cluster'],
  ...['integration/exporter/alerts', 'integration/exporter/status-page', 'integration/postgres/replication'],
  ...['integration/scratch/layer', 'faults/postgres/standby'],
].map((name) => `test/${name}.test.ts`);
