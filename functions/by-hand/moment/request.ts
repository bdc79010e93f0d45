import type { Manifest } from '../../../layers/backup/manifest.ts';
import type { StoredCluster } from '../../../layers/catalog/read-cluster.ts';
import type { ClientPrograms } from '../../../layers/postgres/programs/client-programs.ts';
import type { ScratchPlace } from '../../../layers/scratch/config.ts';
import type { Identities } from '../../../layers/seal/identities.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import type { RecoveryPlan } from '../../../layers/wal/recovery-plan.ts';

export interface MomentDeps {
  readonly vault: Vault;
  /** Who opens what is sealed; nobody by default. */
  readonly identities?: Identities | undefined;
  /** Where the cluster is recovered. */
  readonly place: ScratchPlace;
  readonly clientPrograms: () => Promise<readonly ClientPrograms[]>;
  /** Roles that the cluster may have: with one of them its superuser is found. */
  readonly roles: readonly string[];
  /** Called often, with how far each thing is. `totalBytes` is 0 where it is not known. */
  readonly onProgress: (progress: {
    readonly what: string;
    readonly doneBytes: number;
    readonly totalBytes: number;
  }) => void;
  /** Called once a thing that `onProgress` named is done. */
  readonly onDone: (what: string) => void;
  /** Called with what a person should know at once. */
  readonly onRemark: (text: string) => void;
  readonly clock: () => Date;
}

/** Which part of a cluster is wanted, and as of which moment. */
export interface MomentRequest {
  readonly stored: StoredCluster;
  readonly plan: RecoveryPlan;
  /** Undefined for the only one that there is. */
  readonly database: string | undefined;
  /** `orders` or `public.orders`; none for the whole database. */
  readonly tables: readonly string[];
  /** Also a fingerprint of each table's contents, so that the restore compares them. */
  readonly fingerprints: boolean;
  /** Where the archive is to stay; a file that is removed in the end, by default. */
  readonly toFile?: string;
  readonly signal: AbortSignal;
}

/** What a restore needs of a database as of a moment. */
export interface Moment {
  readonly backup: {
    readonly entry: { readonly database: string; readonly firedAt: Date };
    readonly manifest: Manifest;
  };
  /** Where the archive and the globals are, by the keys in the manifest. */
  readonly store: {
    getBytes(key: string): Promise<AsyncIterable<Buffer>>;
    fileOf(key: string): string;
  };
  /** Removes everything but `toFile`. */
  close(): Promise<void>;
}
