import type { StoredCluster } from '../../../layers/catalog/read-cluster.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import type { RecoveryPlan } from '../../../layers/wal/recovery-plan.ts';

export interface RecoverDeps {
  readonly vault: Vault;
  /**
   * The pg_combinebackup of a major; it is asked for where a chain begins the recovery.
   *
   * @throws {@link ConfigError} if there is none
   */
  readonly combineProgram: (major: number) => Promise<string>;
  /** Called once for each file, and with every piece of it. */
  readonly onProgress: (progress: {
    readonly what: string;
    readonly doneBytes: number;
    readonly totalBytes: number;
  }) => void;
}

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
