import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Vault } from './vault.ts';
import { isMissing, isPreconditionFailed, refusesCondition, statusOf, vaultError } from './vault-error.ts';

/** An object's text, and the tag by which it is replaced only as long as nobody else has. */
export interface TaggedText {
  readonly text: string;
  readonly etag: string | undefined;
}

/**
 * Reads an object that several may replace.
 *
 * @returns undefined if it is not there
 * @throws {@link VaultError}, or the signal's reason
 */
export async function readTagged(vault: Vault, key: string, signal: AbortSignal): Promise<TaggedText | undefined> {
  try {
    const request = new GetObjectCommand({ Bucket: vault.bucket, Key: key });
    const { Body, ETag } = await vault.client.s3.send(request, { abortSignal: signal });
    return { text: (await Body?.transformToString()) ?? '', etag: ETag };
  } catch (error) {
    if (isMissing(error)) return undefined;
    signal.throwIfAborted();
    throw vaultError('read', key, error);
  }
}

/**
 * Replaces an object if it still is what was read (or is not there still). A store that does not know the condition
 * replaces it in any case; with one that refuses the condition it is looked at once more, and then replaced.
 *
 * @param read - what {@link readTagged} gave
 * @returns false if somebody else was faster: read again
 * @throws {@link VaultError}, or the signal's reason
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export async function replaceTagged(
  vault: Vault,
  key: string,
  body: string,
  read: TaggedText | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  const condition = read === undefined ? { IfNoneMatch: '*' } : { ...(read.etag && { IfMatch: read.etag }) };
  try {
    const request = { Bucket: vault.bucket, Key: key, Body: body, ContentType: 'application/json', ...condition };
    await vault.client.s3.send(new PutObjectCommand(request), { abortSignal: signal });
    return true;
  } catch (error) {
    if (refusesCondition(error) && vault.config.server !== undefined)
      return replaceUnasked(vault, key, body, read, signal);
    // 409: another conditional write of the key is under way. 404: it was removed meanwhile.
    if (isPreconditionFailed(error) || statusOf(error) === 409 || isMissing(error)) return false;
    signal.throwIfAborted();
    throw vaultError('write', key, error);
  }
}

async function replaceUnasked(
  vault: Vault,
  key: string,
  body: string,
  read: TaggedText | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  const now = await readTagged(vault, key, signal);
  if (now?.text !== read?.text) return false;
  await vault.put(key, body, signal);
  return true;
}
