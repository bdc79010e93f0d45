import { randomUUID } from 'node:crypto';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { inject } from 'vitest';
import type { VaultConfig } from '../../../layers/vault/config.ts';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import { runLifecycle } from '../servers/ceph-admin.ts';

export interface FreshVault {
  readonly vault: Vault;
  readonly config: VaultConfig;
}

/** A vault in a bucket of its own on the run's S3 server, without versions, lifecycle or notifications. */
export async function freshVault(changes: Partial<VaultConfig> = {}): Promise<FreshVault> {
  const config = freshVaultConfig(changes);
  const vault = openVault(config);
  await vault.client.s3.send(new CreateBucketCommand({ Bucket: config.bucket }));
  return { vault, config };
}

/** The configuration of a vault whose bucket nobody has made yet. */
export function freshVaultConfig(changes: Partial<VaultConfig> = {}): VaultConfig {
  const { endpoint, region, accessKeyId, secretAccessKey } = inject('s3');
  return {
    bucket: `test-${randomUUID()}`,
    prefix: 'pgvouch/',
    region,
    server: { endpoint, accessKeyId, secretAccessKey },
    maxParts: 10_000,
    ...changes,
  };
}

/** Every key below the prefix, in order. */
export async function keysOf(vault: Vault): Promise<string[]> {
  return (await vault.listAll()).map(({ key }) => key);
}

/** Every key below the prefix, after the bucket's lifecycle acted once. */
export async function afterLifecycle(vault: Vault): Promise<string[]> {
  await runLifecycle(vault.bucket);
  return keysOf(vault);
}

/** The keys of every unfinished upload below the prefix. */
export async function unfinishedKeysOf(vault: Vault): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of vault.unfinishedUploads()) keys.push(key);
  return keys;
}
