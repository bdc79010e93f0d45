import { refreshKey } from '../../layers/backup/keys.ts';
import { parseRefreshRecord, type RefreshRecord } from '../../layers/backup/refresh-record.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import type { Refresh } from './config.ts';

/**
 * What is known of a refresh. One that was of another database, or onto another, is forgotten.
 *
 * @throws {@link VaultError} if it cannot be read
 */
export async function readRecord(vault: Vault, refresh: Refresh): Promise<RefreshRecord> {
  const key = refreshKey(vault.prefix, refresh.name);
  const text = await vault.getText(key);
  const fresh = recordOf(refresh);
  if (text === undefined) return fresh;
  const known = parseRefreshRecord(text, key);
  const isSame = known.from === fresh.from && JSON.stringify(known.to) === JSON.stringify(fresh.to);
  return isSame ? known : fresh;
}

export async function writeRecord(vault: Vault, record: RefreshRecord): Promise<void> {
  await vault.put(refreshKey(vault.prefix, record.refresh), `${JSON.stringify(record, null, 2)}\n`);
}

function recordOf({ name, from, database, postgres }: Refresh): RefreshRecord {
  const [host] = postgres.hosts;
  return {
    ...{ format: 'pgvouch/refresh', formatVersion: 1, refresh: name, from },
    to: { server: `${host?.host}:${host?.port}`, database },
  };
}
