import { gauge, instantOf, type Metric, secondsOf } from './metric.ts';

/** The exporter itself, and the bucket as a whole. */
export const VAULT_METRICS: readonly Metric[] = [
  {
    name: 'build_info',
    type: 'gauge',
    help: 'Always 1; the labels say which version runs.',
    labels: ['version', 'node'],
    samples: (_, { version }) => [{ labels: { version, node: process.version }, value: 1 }],
  },
  gauge(
    'vault_up',
    '1 if the bucket could be listed and gave every manifest that this scrape asked for, else 0. What else it did not answer (a verdict, the report of retention, its lifecycle) has no sample, and the log says why.',
    ({ vaultUp }) => Number(vaultUp),
  ),
  gauge(
    'vault_latency_seconds',
    "How long the bucket took to answer a request: the median of this scrape's.",
    ({ latencyMs }) => secondsOf(latencyMs),
  ),
  gauge('scrape_duration_seconds', 'How long looking at the bucket took at this scrape.', ({ durationMs }) =>
    secondsOf(durationMs),
  ),
  gauge('scrape_requests', 'Requests to the bucket that this scrape took.', ({ requests }) => requests),
  gauge(
    'lifecycle_supported',
    "1 if the bucket's lifecycle has an enabled rule that removes what retention tags, else 0.",
    ({ lifecycleSupported }) => (lifecycleSupported === undefined ? undefined : Number(lifecycleSupported)),
  ),
  gauge(
    'next_dump_timestamp_seconds',
    'When the schedule fires dump next; no sample where the schedule is not known or is a rate.',
    ({ nextDumpAt }) => instantOf(nextDumpAt),
  ),
];
