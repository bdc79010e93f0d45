import type { WalRequest } from '../../layers/archiving/request.ts';
import type { WalDeps } from '../../layers/archiving/wal.ts';
import type { Deadline } from '../../layers/deadline/deadline.ts';

export interface BaseDeps extends WalDeps {
  /** Called with every piece that was sent; bytes before compression, and what the server expects of them. */
  readonly onProgress?: (progress: { readonly doneBytes: number; readonly totalBytes: number }) => void;
}

export interface BaseRequest {
  /** When the schedule fired: names the base backup. In whole seconds. */
  readonly startedAt: Date;
  /** A fresh UUID: the folder of its files, so that no delivery overwrites another's. */
  readonly attempt: string;
  /** `incremental` holds only what has changed since the one before, if there is one to stand on. */
  readonly kind: 'full' | 'incremental';
  /** The replication slot that WAL is archived by. */
  readonly slot: string;
  /** As in {@link WalRequest}. */
  readonly windowDays: number;
  readonly deadline: Deadline;
}
