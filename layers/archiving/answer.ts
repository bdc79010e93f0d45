/** What one run of wal came to. */
export interface WalAnswer {
  /** `busy` if another run had the slot: nothing was done, and nothing is wrong. */
  readonly outcome: 'stored' | 'busy';
  readonly systemIdentifier: string;
  readonly timeline: number;
  /** Up to here the bucket holds this cluster's WAL: `0/16B3748`. */
  readonly lsn: string;
  /** Whether that is all that the server had when the run began. */
  readonly caughtUp: boolean;
  /** How many objects were stored, and their bytes before compression and after. */
  readonly segments: number;
  readonly partials: number;
  readonly walBytes: number;
  readonly storedBytes: number;
  /** WAL that the bucket lacks, and the server no longer keeps: recovery cannot pass it. */
  readonly gap?: { readonly from: string; readonly to: string };
}

/** What was stored so far. */
export type Stored = { -readonly [Fact in 'segments' | 'partials' | 'walBytes' | 'storedBytes']: number };

export function nothingStored(): Stored {
  return { segments: 0, partials: 0, walBytes: 0, storedBytes: 0 };
}
