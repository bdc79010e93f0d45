import type { ConnectionTarget } from '../postgres/connect/target.ts';
import type { Vault } from '../vault/vault.ts';
import { type Cluster, parseCluster } from '../wal/cluster.ts';
import { clusterKey } from '../wal/keys.ts';
import { otherSegmentSize } from './refusals.ts';
import type { Survey } from './survey.ts';

/**
 * Writes `cluster.json`, if it is not there yet.
 *
 * @throws {@link VaultError} if one is there whose segments are of another size
 */
export async function recordCluster(
  { vault, clock, signal }: { readonly vault: Vault; readonly clock: () => Date; readonly signal: AbortSignal },
  { identity, segmentSizeBytes }: Pick<Survey, 'identity' | 'segmentSizeBytes'>,
  { serverName, host, port }: ConnectionTarget,
): Promise<void> {
  const key = clusterKey(vault.prefix, identity.systemIdentifier);
  const cluster: Cluster = {
    format: 'pgvouch/cluster',
    formatVersion: 1,
    systemIdentifier: identity.systemIdentifier,
    segmentSizeBytes,
    major: identity.major,
    serverName: serverName ?? `${host}:${port}`,
    createdAt: clock().toISOString(),
  };
  const there = await vault.getText(key, signal);
  if (there === undefined && (await vault.putNew(key, `${JSON.stringify(cluster, null, 2)}\n`, signal))) return;
  const known = parseCluster(there ?? (await vault.getText(key, signal)) ?? '', key);
  if (known.segmentSizeBytes !== segmentSizeBytes)
    throw otherSegmentSize(key, known.segmentSizeBytes, segmentSizeBytes);
}
