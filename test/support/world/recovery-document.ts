import type { Recovery } from '../../../functions/by-hand/recover/recovery-files.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { variablesOf } from '../servers/command-line.ts';
import { WAL_CLUSTER, WAL_SEGMENT } from './wal-listing.ts';

/** What `restore --to-dir` writes for wal-fetch, of a cluster whose WAL is in the vault. */
export function recoveryFrom(vault: Vault, endsAt: string, segmentSizeBytes = WAL_SEGMENT): Recovery {
  const environment = Object.fromEntries(
    Object.entries(variablesOf(vault, { host: '', port: 1, user: '' } as never)).filter(
      ([key]) => !/^(POSTGRES|PG)/.test(key),
    ),
  );
  return {
    ...{ format: 'pgvouch/recovery', formatVersion: 1, systemIdentifier: WAL_CLUSTER, segmentSizeBytes },
    ...{ endsAt, environment },
  };
}
