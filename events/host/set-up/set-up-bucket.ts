import { type Environment, readEnvironment } from '../../../layers/settings/environment.ts';
import { tryConditionalWrites } from '../../../layers/vault/abilities.ts';
import { ensureBucket } from '../../../layers/vault/bucket.ts';
import { readVaultConfig, type VaultConfig } from '../../../layers/vault/config.ts';
import { putLifecycle } from '../../../layers/vault/lifecycle.ts';
import { putNotification } from '../../../layers/vault/notifications.ts';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';

/** What set-up did to the bucket, in sentences for people. */
export interface BucketSetup {
  readonly vault: Vault;
  readonly bucket: string;
  readonly prefix: string;
  /** How verify learns of new backups. */
  readonly notifications: 'pushed' | 'polled';
  readonly remarks: readonly string[];
}

/**
 * Sets the bucket up as far as the store can: made if missing, versions, our lifecycle rules, notifications.
 *
 * @param findTarget - gives the ARN of what the store notifies, or undefined where there is nothing
 */
export async function setUpBucket(
  env: Environment,
  findTarget: (config: VaultConfig) => Promise<string | undefined>,
): Promise<BucketSetup> {
  const read = readEnvironment(env, 'the bucket');
  const config = readVaultConfig(read);
  read.done();
  const vault = openVault(config);
  const remarks: string[] = [];
  const state = await ensureBucket(vault, { create: true });
  if (state.created) remarks.push(`bucket ${config.bucket} was created`);
  if (state.versioned === false) remarks.push('the bucket keeps no versions: deleted objects are gone at once');
  const conditional = await tryConditionalWrites(vault);
  if (conditional === 'refused' || conditional === 'ignored') {
    remarks.push(
      `the store ${conditional === 'refused' ? 'refuses' : 'ignores'} conditional writes (If-None-Match): pgvouch looks before it writes; see docs/configuration.md`,
    );
  }
  const lifecycle = await putLifecycle(vault, { abortUploads: 7, noncurrent: 30 });
  for (const { rule, problem } of lifecycle.refused)
    remarks.push(`the store refused lifecycle rule ${rule}: ${problem}`);
  const targetArn = await findTarget(config);
  if (targetArn !== undefined) await putNotification(vault, { targetArn });
  else
    remarks.push(
      'MINIO_NOTIFY_ARN is not set: the bucket cannot notify verify, so verify looks for new backups itself',
    );
  const { bucket, prefix } = config;
  return { vault, bucket, prefix, notifications: targetArn === undefined ? 'polled' : 'pushed', remarks };
}
