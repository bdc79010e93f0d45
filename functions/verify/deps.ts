import type { Logger } from 'pino';
import type { BackupName } from '../../layers/backup/keys.ts';
import type { ClientPrograms } from '../../layers/postgres/programs/client-programs.ts';
import type { Identities } from '../../layers/seal/identities.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import type { LargerTask } from './hand-over.ts';
import type { DrillPlace } from './scratch.ts';

/** What verify works with. */
export interface VerifyDeps {
  readonly vault: Vault;
  readonly clientPrograms: () => Promise<readonly ClientPrograms[]>;
  /** Who opens what is sealed; undefined if verify has no identity. */
  readonly identities?: Identities | undefined;
  /** Where restores are tried; undefined to leave them out. */
  readonly drillPlace?: DrillPlace | undefined;
  /** The same of one database, where they differ. */
  readonly drillPlaceOf?: (database: string) => DrillPlace | undefined;
  /** How old a proof may become before it is looked at again; for ever by default, and with 0. */
  readonly againDays?: number;
  /** The task that gets what is too large for this function; there is none by default. */
  readonly task?: LargerTask | undefined;
  readonly log: Logger;
  readonly clock: () => Date;
  /** Called for each backup that is the newest of its database when it is proved; not again where that was known. It never rejects, and takes some seconds at most. */
  readonly onProved?: (name: BackupName) => Promise<void>;
}

/** The time that there is for a verdict. */
export interface VerifyTime {
  readonly signal: AbortSignal;
  /** When it began to run; what came before in the same run has had its part of it. */
  readonly runStartedAt: Date;
  /** Whether an earlier run has begun with a drill, and this one goes on. */
  readonly underWay: boolean;
}
