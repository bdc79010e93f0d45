import type { Logger } from 'pino';
import { ConfigError, VaultError } from '../../layers/backup/errors.ts';
import type { Deadline } from '../../layers/deadline/deadline.ts';
import { openPatience, type Patience } from '../../layers/vault/patience.ts';

/** The patience of one dump with its store, until the deadline; the log has every wait, and how it ended. */
export function patienceUntil({ signal }: Deadline, log: Logger, database: string): Patience {
  return openPatience({
    signal,
    onRefusal: (refusal) => log.warn({ database, ...refusal }, 'the store did not take it: it will be sent again'),
    onTaken: (taken) => log.warn({ database, ...taken }, 'the store took what it had refused'),
  });
}

/** If time ran out over a store that was away, that is the reason, and more time is no remedy. */
export function blameStore(error: unknown, { signal }: Deadline, patience: Patience): unknown {
  const outage = patience.outage();
  if (outage === undefined || error !== signal.reason || !(error instanceof ConfigError)) return error;
  const { operation, subject = '', problem, hint } = outage;
  const told = `${problem}; then time ran out`;
  return new VaultError({ operation, subject, problem: told, ...(hint !== undefined && { hint }), cause: error });
}
