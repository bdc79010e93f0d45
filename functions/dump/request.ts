import type { Logger } from 'pino';
import type { BackupName } from '../../layers/backup/keys.ts';
import type { Selection } from '../../layers/backup/selection.ts';
import type { Deadline } from '../../layers/deadline/deadline.ts';
import type { DumpProgress } from '../../layers/log/dump-progress.ts';
import type { ConnectionTarget } from '../../layers/postgres/connect/target.ts';
import type { SnapshotOptions } from '../../layers/postgres/contents/snapshot.ts';
import type { ClientPrograms } from '../../layers/postgres/programs/client-programs.ts';
import type { Recipients } from '../../layers/seal/recipients.ts';
import type { Vault } from '../../layers/vault/vault.ts';

export interface DumpDeps {
  /** For whom everything is sealed; undefined to leave it open. */
  readonly recipients?: Recipients | undefined;
  readonly vault: Vault;
  readonly clientPrograms: () => Promise<readonly ClientPrograms[]>;
  /** The server, for a dump of a database. */
  readonly target: (database: string) => Promise<ConnectionTarget>;
  readonly log: Logger;
  readonly clock: () => Date;
  /** Called now and then with how far the archive is; `expectedBytes` is the database's size, which it hardly exceeds. */
  readonly onProgress: (progress: DumpProgress) => void;
  /** Called when a dump starts. It never rejects and is not waited for until the end: no backup waits for a message. */
  readonly onStart?: (name: BackupName) => Promise<void>;
}

export interface DumpRequest extends BackupName {
  /** A fresh UUID: the archive's, so that no delivery overwrites another's. */
  readonly attempt: string;
  readonly deadline: Deadline;
  readonly lockTimeoutMs: number;
  /** Also record a fingerprint of each table's contents. */
  readonly fingerprints?: boolean;
  /** Also have amcheck look at the indexes. */
  readonly checkIndexes?: boolean;
  /** What is left out; nothing by default. */
  readonly selection?: Selection;
  /**
   * How long after they were written globals of the same firing may be used, in milliseconds: the sweep's grace. Without it the
   * globals lie beside the archive.
   */
  readonly sharedGlobalsMs?: number | undefined;
  /** Called between the steps of taking the snapshot; tests race DDL against them. */
  readonly onStep?: SnapshotOptions['onStep'];
}
