import { GetBucketLifecycleConfigurationCommand, type LifecycleRule } from '@aws-sdk/client-s3';
import { REMOVE_TAG, type Vault } from './vault.ts';
import { isMissing, statusOf, vaultError } from './vault-error.ts';

/**
 * Whether the bucket's lifecycle removes what retention tags below our prefix. Without that `RETENTION_REMOVAL=tag`
 * removes nothing, ever.
 *
 * @returns false also where the bucket has no rules, or the store knows none; undefined where we may not ask
 * @throws {@link VaultError} if the store cannot be asked
 */
export async function removesTagged(vault: Vault, signal?: AbortSignal): Promise<boolean | undefined> {
  const { bucket, client, prefix } = vault;
  try {
    const command = new GetBucketLifecycleConfigurationCommand({ Bucket: bucket });
    const { Rules } = await client.s3.send(command, signal && { abortSignal: signal });
    return (Rules ?? []).some((rule) => isRemoval(rule, prefix));
  } catch (error) {
    signal?.throwIfAborted();
    if (isMissing(error) || statusOf(error) === 501) return false;
    if (statusOf(error) === 403) return undefined;
    throw vaultError('read lifecycle of', bucket, error);
  }
}

/** Only a rule for all our objects that have the tag: one that also asks for a size, or another tag, lets some stay. */
function isRemoval({ Status, Expiration, Filter }: LifecycleRule, prefix: string): boolean {
  const { Prefix = Filter?.Prefix, Tags = [], ...further } = Filter?.And ?? {};
  const tags = Filter?.Tag ? [Filter.Tag] : Tags;
  const narrower = [...Object.values(further), Filter?.ObjectSizeGreaterThan, Filter?.ObjectSizeLessThan];
  return (
    Status === 'Enabled' &&
    Expiration?.Days !== undefined &&
    prefix.startsWith(Prefix ?? '') &&
    tags.length === 1 &&
    tags.every(({ Key, Value }) => Key === REMOVE_TAG.Key && Value === REMOVE_TAG.Value) &&
    narrower.every((limit) => limit === undefined)
  );
}
