import { CLUSTER_METRICS } from './cluster-metrics.ts';
import { DATABASE_METRICS } from './database-metrics.ts';
import type { Metric } from './metric.ts';
import { REFRESH_METRICS } from './refresh-metrics.ts';
import { RETENTION_METRICS } from './retention-metrics.ts';
import { STOCK_METRICS } from './stock-metrics.ts';
import { VAULT_METRICS } from './vault-metrics.ts';

/** What stands before every metric's name. */
export const PREFIX = 'pgvouch_';

/** Every metric there is, in the order of the page: the documentation is made from this, too. */
export const METRICS: readonly Metric[] = [
  ...VAULT_METRICS,
  ...DATABASE_METRICS,
  ...STOCK_METRICS,
  ...RETENTION_METRICS,
  ...CLUSTER_METRICS,
  ...REFRESH_METRICS,
];
