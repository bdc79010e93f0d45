import { readSecret } from '../secrets/read-secret.ts';
import type { StoreKey, VaultConfig } from './config.ts';

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The SDK asks for credentials anew when they have less than five minutes left. */
const ASKED_AGAIN_MS = 5 * 60_000;

/** How long a key that was read is used: a new one needs no restart. */
const KEY_MS = 60_000;

/**
 * The keys of a store, as the SDK takes them. Those that stand in files or secrets are read at the first request, and
 * again after a minute.
 *
 * @throws {@link ConfigError} at a request, if a key cannot be read
 */
export function keysOf({
  accessKeyId,
  secretAccessKey,
}: NonNullable<VaultConfig['server']>): Keys | (() => Promise<Keys & { readonly expiration: Date }>) {
  if (typeof accessKeyId === 'string' && typeof secretAccessKey === 'string') return { accessKeyId, secretAccessKey };
  const read = async (key: StoreKey, now: number) => (typeof key === 'string' ? key : readSecret(key, now));
  return async () => {
    const now = Date.now();
    return {
      accessKeyId: await read(accessKeyId, now),
      secretAccessKey: await read(secretAccessKey, now),
      expiration: new Date(now + KEY_MS + ASKED_AGAIN_MS),
    };
  };
}
