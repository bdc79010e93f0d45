import { gauge, instantOf, type Metric, secondsOf } from './metric.ts';

/** The exporter itself, and the bucket as a whole. */
export const VAULT_METRICS: readonly Metric[] = [
  {
    name: 'build_info',
    type: 'gauge',
    help: 'Always 1. The labels name the running version.',
    labels: ['version', 'node'],
    samples: (_, { version }) => [{ labels: { version, node: process.version }, value: 1 }],
  },
  gauge(
    'vault_up',
    '1 if the bucket could be listed and returned every manifest that this scrape asked for, else 0. Anything else it did not return (a verdict, the report of retention, its lifecycle) has no sample, and the log says why.',
    ({ vaultUp }) => Number(vaultUp),
  ),
  gauge('vault_latency_seconds', 'Median time the bucket took to answer a request of this scrape.', ({ latencyMs }) =>
    secondsOf(latencyMs),
  ),
  gauge('scrape_duration_seconds', 'Time this scrape spent reading the bucket.', ({ durationMs }) =>
    secondsOf(durationMs),
  ),
  gauge('scrape_requests', 'Requests this scrape sent to the bucket.', ({ requests }) => requests),
  gauge(
    'lifecycle_supported',
    "1 if the bucket's lifecycle has an enabled rule that removes the objects retention tags, else 0.",
    ({ lifecycleSupported }) => (lifecycleSupported === undefined ? undefined : Number(lifecycleSupported)),
  ),
  gauge(
    'next_dump_timestamp_seconds',
    'When dump fires next, of whichever database. No sample if no schedule is known, or only rates.',
    ({ nextDumpAt }) => instantOf(nextDumpAt),
  ),
];
