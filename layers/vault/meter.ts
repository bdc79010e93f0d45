import type { StoreClient } from './client.ts';

/** What was asked of the store since the meter was last reset. */
export interface Readings {
  /** Every try of every request. */
  readonly requests: number;
  /** How long the store took to answer, each; what it did not answer is not among them. */
  readonly latenciesMs: readonly number[];
}

export interface Meter {
  reset(): void;
  read(): Readings;
}

/**
 * Watches a client's requests from now on.
 *
 * @param clock - milliseconds; only differences count
 */
export function meterRequests({ s3 }: StoreClient, clock: () => number): Meter {
  let requests = 0;
  let latenciesMs: number[] = [];
  s3.middlewareStack.add(
    (next) => async (args) => {
      const startedAt = clock();
      requests++;
      try {
        const answer = await next(args);
        latenciesMs.push(clock() - startedAt);
        return answer;
      } catch (error) {
        // A refusal is an answer too.
        if ((error as { $response?: unknown }).$response !== undefined) latenciesMs.push(clock() - startedAt);
        throw error;
      }
    },
    // Within the retries: every try counts.
    { step: 'deserialize', priority: 'high', name: 'meterRequests' },
  );
  return {
    reset() {
      requests = 0;
      latenciesMs = [];
    },
    read: () => ({ requests, latenciesMs }),
  };
}
