import { randomUUID } from 'node:crypto';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Vault } from './vault.ts';
import { isPreconditionFailed, refusesCondition, statusOf, vaultError } from './vault-error.ts';

/**
 * What a store makes of `If-None-Match: *`. `kept`: it writes only what is not there. `refused`: it does not carry such a
 * request out. `ignored`: it writes in any case, and says nothing.
 */
export type ConditionalWrites = 'kept' | 'refused' | 'ignored';

/**
 * Tries what the store makes of conditional writes, with an object of its own that it removes again.
 *
 * Nothing depends on the answer: {@link Vault.putNew} looks before it writes, whatever the store promises. Where a store
 * does not keep the condition, of two that write one key at the same moment the later one stands; people are to know.
 *
 * @returns undefined where we may not write such an object
 * @throws {@link VaultError} if the store fails, or refuses what every upload needs
 */
export async function tryConditionalWrites(vault: Vault): Promise<ConditionalWrites | undefined> {
  const { bucket, client, prefix } = vault;
  const Key = `${prefix}probe-${randomUUID()}.json`;
  const put = (condition: { IfNoneMatch?: string }) =>
    client.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: '{}\n', ...condition }));
  try {
    await put({});
  } catch (error) {
    if (statusOf(error) === 403) return undefined;
    throw vaultError('try to write', Key, error);
  }
  try {
    await put({ IfNoneMatch: '*' });
    return 'ignored';
  } catch (error) {
    if (isPreconditionFailed(error) || statusOf(error) === 409) return 'kept';
    if (refusesCondition(error)) return 'refused';
    throw vaultError('try to write', Key, error);
  } finally {
    // Who may not delete leaves a few bytes there.
    await client.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key })).catch(() => {});
  }
}
