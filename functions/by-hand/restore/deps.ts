import type { ClientPrograms } from '../../../layers/postgres/programs/client-programs.ts';
import type { Vault } from '../../../layers/vault/vault.ts';

export interface RestoreDeps {
  readonly vault: Vault;
  readonly clientPrograms: () => Promise<readonly ClientPrograms[]>;
  /** Called often, with how far it is. */
  readonly onProgress: (progress: RestoreProgress) => void;
  /** Called with what a person should know at once: what will be lost, and what is waited for. */
  readonly onRemark: (text: string) => void;
  readonly clock: () => Date;
}

export interface RestoreProgress {
  /** `download`: the archive into a file; `restore`: bytes of the archive, or of the database where jobs run in parallel. */
  readonly step: 'download' | 'restore' | 'analyze' | 'compare';
  readonly doneBytes: number;
  readonly totalBytes: number;
}
