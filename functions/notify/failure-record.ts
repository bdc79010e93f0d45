import { VaultError } from '../../layers/backup/errors.ts';
import { type FailureRecord, parseFailureRecord } from '../../layers/backup/failure.ts';
import { failureKey } from '../../layers/backup/keys.ts';
import type { Vault } from '../../layers/vault/vault.ts';

/** More failures than this in as many milliseconds are not our failures. */
const MAX_STEPS = 100;

export interface Recorded {
  /** The record as it stands in the vault. */
  readonly record: FailureRecord;
  /** False if it stood there before. */
  readonly isNew: boolean;
}

/**
 * Writes a failure record, once: a redelivery finds it. A record of another failure at the same millisecond moves this
 * one to the next.
 *
 * @throws {@link VaultError} if it cannot be written
 */
export async function recordFailure(vault: Vault, failure: FailureRecord): Promise<Recorded> {
  for (let step = 0; step < MAX_STEPS; step++) {
    const at = new Date(new Date(failure.at).getTime() + step);
    const record = { ...failure, at: at.toISOString() };
    const key = failureKey(vault.prefix, failure.database, at);
    if (await vault.putNew(key, `${JSON.stringify(record, null, 2)}\n`)) return { record, isNew: true };
    if (await holdsSame(vault, key, failure)) return { record, isNew: false };
  }
  throw new VaultError({
    operation: 'write',
    subject: failureKey(vault.prefix, failure.database, new Date(failure.at)),
    problem: `${MAX_STEPS} other records already exist, a millisecond apart`,
  });
}

async function holdsSame(vault: Vault, key: string, failure: FailureRecord): Promise<boolean> {
  const text = await vault.getText(key);
  if (text === undefined) return false;
  try {
    const existing = parseFailureRecord(text, key);
    return existing.requestId === failure.requestId && existing.function === failure.function;
  } catch {
    // Whatever it is, it is not this one, and it stays.
    return false;
  }
}
