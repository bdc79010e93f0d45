/**
 * Files that take half a minute or more, of the workers on two cores; the longest first. A run that began one of them last
 * would wait for it alone.
 */
export const LONG_FILES = [
  ...['e2e/exporter/alerts', 'faults/campaign/campaign', 'e2e/offline/stack', 'faults/postgres/hard-databases'],
  ...['integration/recovery/recovery', 'e2e/offline/failures', 'integration/dump/store-breaks'],
  ...['integration/debian/pg-client', 'faults/verify/drill', 'integration/exporter/alerts'],
  ...['integration/exporter/status', 'integration/base/recover'],
  ...['integration/aws/package-artifacts', 'integration/scratch/extensions', 'integration/dump/races'],
  ...['faults/postgres/standby', 'faults/campaign/invariants', 'integration/debian/debian-packages'],
  ...['integration/base/increments', 'integration/verify/text-in-order', 'e2e/offline/crashing-functions'],
  ...['integration/restore/restore', 'integration/exporter/status-page', 'integration/serve/restarts'],
  ...['integration/verify/false-alarms', 'integration/retention/notes', 'integration/offline/ceph-life'],
  ...['integration/scratch/layer', 'integration/scratch/scratch-servers', 'integration/restore/restore-over'],
  ...['integration/verify/pieces', 'integration/verify/drill-server', 'faults/wal/wal-campaign'],
].map((name) => `test/${name}.test.ts`);
