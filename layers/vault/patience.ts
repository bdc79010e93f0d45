import pRetry from 'p-retry';
import { textOf, VaultError } from '../backup/errors.ts';
import { attemptsOf, isPassing, vaultError } from './vault-error.ts';

/** A request that the store does not carry out for now. */
export interface Refusal {
  readonly operation: string;
  readonly key: string;
  readonly problem: string;
  /** How often it was tried so far, the SDK's own quick tries included, and for how long. */
  readonly tries: number;
  readonly forMs: number;
}

/** Waits for a store that is busy, restarts or is cut off. One for each dump. */
export interface Patience {
  /**
   * Sends a request until the store carries it out. It must be one that may be sent twice.
   *
   * @param stop - ends it, beside the signal that all of them have
   * @throws {@link VaultError} that says how often it was tried, if the store refuses for good or stays away too long;
   *   what the signal was aborted with
   */
  insist<T>(operation: string, key: string, request: () => Promise<T>, stop?: AbortSignal): Promise<T>;
  /** What the store refuses at this moment, as the error to report should time run out over it. */
  outage(): VaultError | undefined;
  /** How often requests had to be sent again. */
  retries(): number;
}

export interface PatienceOptions {
  readonly signal: AbortSignal;
  /** How long the store may stay away; 15 minutes by default. */
  readonly longestMs?: number;
  /** Called before each wait. */
  readonly onRefusal?: (refusal: Refusal) => void;
  /** Called once a request that had been refused was carried out. */
  readonly onTaken?: (taken: Omit<Refusal, 'problem'>) => void;
}

/** The first wait, twice that, and so on up to the longest. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** A store that stays away longer does so for hours, and a dump holds its snapshot and locks meanwhile. */
const LONGEST_OUTAGE_MS = 15 * 60_000;

export function openPatience({
  signal: always,
  longestMs = LONGEST_OUTAGE_MS,
  onRefusal,
  onTaken,
}: PatienceOptions): Patience {
  const refused = new Set<{ error: VaultError }>();
  let sentAgain = 0;
  return {
    async insist(operation, key, request, stop) {
      const signal = stop ? AbortSignal.any([always, stop]) : always;
      const startedAt = performance.now();
      const here: { error?: VaultError } = {};
      let tries = 0;
      const facts = () => ({ operation, key, tries, forMs: Math.round(performance.now() - startedAt) });
      const attempt = async () => {
        try {
          return await request();
        } catch (error) {
          tries += attemptsOf(error);
          throw error;
        }
      };
      try {
        const result = await pRetry(attempt, {
          ...{ retries: Number.POSITIVE_INFINITY, maxRetryTime: longestMs, signal },
          ...{ minTimeout: FIRST_WAIT_MS, maxTimeout: LONGEST_WAIT_MS, factor: 2 },
          onFailedAttempt({ error }) {
            if (signal.aborted || !isPassing(error)) return;
            here.error = afterTries(vaultError(operation, key, error), facts());
            refused.add(here as { error: VaultError });
            sentAgain++;
            onRefusal?.({ ...facts(), problem: textOf(error) });
          },
          shouldRetry: ({ error }) => isPassing(error),
        });
        if (here.error) onTaken?.(facts());
        refused.delete(here as { error: VaultError });
        return result;
      } catch (error) {
        // Whatever time ran out over stays on record.
        signal.throwIfAborted();
        refused.delete(here as { error: VaultError });
        throw tries > 1 ? afterTries(vaultError(operation, key, error), facts()) : vaultError(operation, key, error);
      }
    },
    outage: () => [...refused].at(-1)?.error,
    retries: () => sentAgain,
  };
}

function afterTries(error: Error, { tries, forMs }: { tries: number; forMs: number }): VaultError {
  if (!(error instanceof VaultError)) throw error;
  const { operation, subject = '', problem, hint, cause } = error;
  const told = `${problem} (tried ${tries} times in ${Math.round(forMs / 1000)} s)`;
  return new VaultError({ operation, subject, problem: told, ...(hint !== undefined && { hint }), cause });
}
