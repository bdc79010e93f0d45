/** Remembers which events were accepted and have not ended, so that the next start of the host can take them up. */
export interface Journal {
  /** Remembers an event before anything is done for it. Never throws: an event that cannot be remembered is run all the same. */
  accept(key: string, event: unknown): Accepted;
}

/** An event that was accepted. */
export interface Accepted {
  /** Of the function that it is for: `dump`. */
  readonly key: string;
  readonly event: unknown;
  /** How many tries were begun when it was written down; 0 for a new one. */
  readonly attempts: number;
  /** Remembers that so many tries were begun. */
  began(attempts: number): void;
  /** Forgets it: nothing is left to do for it. */
  ended(): void;
}

/** Remembers nothing: for a host whose events may end with it. */
export const NO_JOURNAL: Journal = {
  accept: (key, event) => ({ key, event, attempts: 0, began() {}, ended() {} }),
};
