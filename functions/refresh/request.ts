import type { Logger } from 'pino';
import type { Deadline } from '../../layers/deadline/deadline.ts';
import type { ConnectionTarget } from '../../layers/postgres/connect/target.ts';
import type { ClientPrograms } from '../../layers/postgres/programs/client-programs.ts';
import type { RestoreDeps } from '../../layers/restoring/deps.ts';
import type { Identities } from '../../layers/seal/identities.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import type { Refresh, RefreshConfig } from './config.ts';

export interface RefreshDeps extends Pick<RefreshConfig, 'isBackedUp'> {
  /** Who opens what is sealed; nobody by default. */
  readonly identities?: Identities | undefined;
  readonly vault: Vault;
  readonly clientPrograms: () => Promise<readonly ClientPrograms[]>;
  /** Reads the password each time it is asked. */
  readonly target: (refresh: Refresh) => Promise<ConnectionTarget>;
  /** Where an archive may be put that several jobs restore. */
  readonly temporaryFolder: string;
  readonly log: Logger;
  readonly clock: () => Date;
  /** Called often, with how far pg_restore is. */
  readonly onProgress?: RestoreDeps['onProgress'];
  /** Called with each step, for people. */
  readonly onStep?: (text: string) => void;
}

export interface RefreshRequest {
  readonly refresh: Refresh;
  /** Whether what is there already is restored once more. */
  readonly again: boolean;
  readonly deadline: Pick<Deadline, 'signal' | 'remainingMs'>;
}
