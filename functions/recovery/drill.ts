import type { StoredBase } from '../../layers/wal/stored-base.ts';
import type { Way } from './way.ts';

/** A base backup to recover with. */
export interface BaseDrill {
  readonly start: StoredBase;
  /** The full base backup first. */
  readonly chain: readonly StoredBase[];
  readonly way: Way;
  readonly signal: AbortSignal;
}
