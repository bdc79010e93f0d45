import type { Observation } from '../observe/observation.ts';
import type { RefreshState } from '../observe/refresh-states.ts';
import { instantOf, type Metric, type Sample, sample, secondsOf } from './metric.ts';

/** The refreshes of databases elsewhere. */
export const REFRESH_METRICS: readonly Metric[] = [
  refreshGauge(
    'refresh_last_success_timestamp_seconds',
    'When the refresh last ended well, be it that the newest proved backup was there already; 0 if never.',
    ({ record }) => instantOf(record === undefined ? undefined : (record?.succeededAt ?? null)),
  ),
  refreshGauge(
    'refresh_snapshot_timestamp_seconds',
    'The time of the data that the refreshed database had when it was switched to. No sample before the first refresh.',
    ({ record }) => instantOf(record?.current?.backup.snapshotAt),
  ),
  refreshGauge('refresh_duration_seconds', 'How long the last refresh took that replaced the database.', ({ record }) =>
    secondsOf(record?.current?.durationMs),
  ),
  refreshGauge('refresh_failed', '1 if the last refresh failed, else 0. No sample before the first.', ({ record }) =>
    record?.last ? Number(record.last.outcome === 'failed') : undefined,
  ),
  refreshGauge(
    'refresh_overdue_timestamp_seconds',
    'When the next refresh is overdue, by its schedule. No sample without a schedule, or before the first that ended well.',
    ({ overdueAt }) => instantOf(overdueAt),
  ),
];

function refreshGauge(name: string, help: string, value: (state: RefreshState) => number | undefined): Metric {
  const samples = ({ refreshes = [] }: Observation): Sample[] =>
    refreshes.flatMap((state) => sample({ refresh: state.name }, value(state)));
  return { name, type: 'gauge', help, labels: ['refresh'], samples };
}
