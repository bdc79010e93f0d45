import type { Logger } from 'pino';
import type { ClientPrograms } from '../../layers/postgres/programs/client-programs.ts';
import type { ScratchPlace } from '../../layers/scratch/config.ts';
import type { Identities } from '../../layers/seal/identities.ts';
import type { TaskPlace } from '../../layers/settings/task-variables.ts';
import type { Vault } from '../../layers/vault/vault.ts';

/** What the recovery drill works with. */
export interface RecoveryDeps {
  readonly vault: Vault;
  /** Who opens what is sealed; undefined if recovery has no identity. */
  readonly identities?: Identities | undefined;
  /** Where recoveries are tried; undefined to leave them out. */
  readonly place: ScratchPlace | undefined;
  readonly clientPrograms: () => Promise<readonly ClientPrograms[]>;
  /** Roles that the cluster may have. */
  readonly roles: readonly string[];
  /** The time of a whole run; undefined where nothing limits it. */
  readonly limitMs?: number;
  /** Gets what this function has no server, disk or time for; undefined where there is none. */
  readonly task?: TaskPlace | undefined;
  readonly log: Logger;
  readonly clock: () => Date;
}
