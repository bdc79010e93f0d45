import type { Vault } from '../vault/vault.ts';
import { windowKey } from '../wal/keys.ts';
import { isToBeSaid } from '../wal/said-window.ts';
import type { Survey } from './survey.ts';

/**
 * Says in the bucket how far back the cluster is to be recovered, once a day. Its key is all that is read of it; what it holds is
 * for people.
 *
 * @param days - of 24 h
 * @throws {@link VaultError} if it cannot be written
 */
export async function sayWindow(
  { vault, clock, signal }: { readonly vault: Vault; readonly clock: () => Date; readonly signal: AbortSignal },
  { identity: { systemIdentifier }, saidWindows }: Pick<Survey, 'identity' | 'saidWindows'>,
  days: number,
): Promise<void> {
  const now = vault.storeTime() ?? clock();
  if (!isToBeSaid(saidWindows, days, now)) return;
  const saying = { format: 'pgvouch/window', formatVersion: 1, systemIdentifier, days, saidAt: now.toISOString() };
  await vault.put(windowKey(vault.prefix, systemIdentifier, days), `${JSON.stringify(saying, null, 2)}\n`, signal);
}
