import type { Logger } from 'pino';
import type { ClientPrograms } from '../../layers/postgres/programs/client-programs.ts';
import type { ScratchPlace } from '../../layers/scratch/config.ts';
import type { Vault } from '../../layers/vault/vault.ts';

/** What the recovery drill works with. */
export interface RecoveryDeps {
  readonly vault: Vault;
  /** Where recoveries are tried; undefined to leave them out. */
  readonly place: ScratchPlace | undefined;
  readonly clientPrograms: () => Promise<readonly ClientPrograms[]>;
  /** Roles that the cluster may have. */
  readonly roles: readonly string[];
  readonly log: Logger;
  readonly clock: () => Date;
}
