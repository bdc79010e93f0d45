import type { BackupName } from '../backup/keys.ts';
import type { Manifest } from '../backup/manifest.ts';
import type { ConnectionTarget } from '../postgres/connect/target.ts';

/** What to restore, and where to. */
export interface RestoreRequest {
  readonly backup: { readonly entry: Pick<BackupName, 'database'>; readonly manifest: Manifest };
  readonly to: { readonly target: ConnectionTarget; readonly database: string };
  readonly options: RestoreOptions;
  readonly signal: AbortSignal;
}

export interface RestoreOptions {
  /** `orders` or `public.orders`; none for all there is. */
  readonly tables: readonly string[];
  /** With `tables`: also their indexes, constraints, defaults, triggers and own sequences. */
  readonly complete: boolean;
  readonly jobs: number;
  /** Make the database if it is not there. */
  readonly create: boolean;
  /** The database's own name, to replace what it holds. */
  readonly clean: string | undefined;
  /** With `clean`: what the archive does not hold may be lost, too. */
  readonly lose: boolean;
  /** Collect the planner's statistics afterwards. */
  readonly analyze: boolean;
  /** Also roles and tablespaces of the server. */
  readonly globals: boolean;
  /** Go on after whatever the server refuses: a person said that part of the backup will do. */
  readonly goOn: boolean;
  /** `--no-owner`, `--no-privileges`, `--no-tablespaces`. */
  readonly without: readonly string[];
  /** Also what belongs to the database itself, such as its settings and grants. */
  readonly properties: boolean;
  readonly temporaryFolder: string;
}
