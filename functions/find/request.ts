import type { Logger } from 'pino';
import type { DatabasePatterns } from '../../layers/backup/database-patterns.ts';
import type { Deadline } from '../../layers/deadline/deadline.ts';
import type { ConnectionTarget } from '../../layers/postgres/connect/target.ts';
import type { Vault } from '../../layers/vault/vault.ts';

export interface FindDeps {
  readonly vault: Vault;
  /** The server, for a login to a database. */
  readonly target: (database: string) => Promise<ConnectionTarget>;
  readonly log: Logger;
  readonly clock: () => Date;
}

export interface FindRequest {
  readonly patterns: DatabasePatterns;
  /** How many dumps run at once. */
  readonly concurrency: number;
  /** When the schedule fired: names the backups. In whole seconds. */
  readonly firedAt: Date;
  /** Whether a database is dumped by the schedule that fired; all are by default. */
  readonly isDue?: (database: string) => boolean;
  readonly deadline: Deadline;
}
