import type { StoredCluster } from '../../../layers/catalog/read-cluster.ts';
import type { RecoveryPlan } from '../../../layers/wal/recovery-plan.ts';

export interface RecoverRequest {
  readonly stored: StoredCluster;
  readonly plan: RecoveryPlan;
  /** Absolute. It is made, or there and empty. */
  readonly dataDir: string;
  /** Where each tablespace is to be, by where it was. */
  readonly tablespaces: ReadonlyMap<string, string>;
  /** Starts `pgvouch` with the data directory's user: the words of a command line. */
  readonly pgvouch: readonly string[];
  /** What `pgvouch wal-fetch` needs to reach the bucket; it stands in the data directory until recovery has ended. */
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}
