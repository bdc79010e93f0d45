import {
  CreateBucketCommand,
  GetBucketVersioningCommand,
  ListObjectsV2Command,
  PutBucketVersioningCommand,
} from '@aws-sdk/client-s3';
import { ConfigError } from '../backup/errors.ts';
import type { Vault } from './vault.ts';
import { statusOf, vaultError } from './vault-error.ts';

export interface BucketState {
  /** Whether it was made just now. */
  readonly created: boolean;
  /** Whether the store keeps what is overwritten or deleted; undefined if it does not tell. */
  readonly versioned: boolean | undefined;
  /** Why a bucket just made is not versioned. */
  readonly versioningRefused?: string;
}

/**
 * Makes sure that the bucket is there and that we may look below our prefix.
 *
 * It asks by listing, not by HeadBucket: a role whose ListBucket is bound to our prefix may not do that, and its answers
 * have no body to say what is wrong.
 *
 * @param signal - breaks off when it aborts, and its reason is thrown
 * @param create - make a missing one, versioned where the store can. Not on AWS, where only the stack makes buckets
 * @throws {@link ConfigError} if it is missing and not to be made, or lies in another region
 * @throws {@link VaultError} if the store refuses or cannot be reached
 */
export async function ensureBucket(
  vault: Vault,
  { create, signal }: { readonly create: boolean; readonly signal?: AbortSignal },
): Promise<BucketState> {
  const { bucket, client, prefix } = vault;
  const options = signal && { abortSignal: signal };
  try {
    await client.s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 }), options);
  } catch (error) {
    signal?.throwIfAborted();
    if (statusOf(error) === 301) throw wrongRegion(vault, error);
    if (statusOf(error) !== 404) throw vaultError('open bucket', bucket, error);
    if (!create) throw missing(vault, error);
    return makeBucket(vault);
  }
  // Only where we make buckets may we say something about them; on AWS the role may not even ask.
  return { created: false, versioned: create ? await isVersioned(vault, options) : undefined };
}

async function makeBucket(vault: Vault): Promise<BucketState> {
  const { bucket, client } = vault;
  const command = new CreateBucketCommand({ Bucket: bucket });
  // The SDK sends its region as the place to make the bucket in. AWS_REGION means nothing to another store.
  command.middlewareStack.add((next) => (args) => next({ ...args, input: { Bucket: bucket } }), {
    step: 'initialize',
    priority: 'low',
    name: 'noLocationConstraint',
  });
  try {
    await client.s3.send(command);
  } catch (error) {
    // Another of our processes was quicker.
    if (!(error instanceof Error) || error.name !== 'BucketAlreadyOwnedByYou') {
      throw vaultError('make bucket', bucket, error);
    }
  }
  try {
    const VersioningConfiguration = { Status: 'Enabled' as const };
    await client.s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
    return { created: true, versioned: true };
  } catch (error) {
    return { created: true, versioned: false, versioningRefused: vaultError('version', bucket, error).problem };
  }
}

async function isVersioned(
  { bucket, client }: Vault,
  options: { readonly abortSignal: AbortSignal } | undefined,
): Promise<boolean | undefined> {
  try {
    return (await client.s3.send(new GetBucketVersioningCommand({ Bucket: bucket }), options)).Status === 'Enabled';
  } catch {
    // Not every store knows versions, not every role may ask: it is only shown, nothing depends on it.
    return undefined;
  }
}

function missing({ bucket }: Vault, cause: unknown): ConfigError {
  return new ConfigError({
    operation: 'open bucket',
    subject: bucket,
    problem: 'it does not exist, and pgvouch does not create it here: a typo must not create an unprotected bucket',
    hint: 'check BACKUP_BUCKET and AWS_REGION; for MinIO and other servers set MINIO_ENDPOINT',
    cause,
  });
}

function wrongRegion({ bucket, config }: Vault, cause: unknown): ConfigError {
  const { headers } = (cause as { $response?: { headers?: Record<string, string> } }).$response ?? {};
  const region = headers?.['x-amz-bucket-region'];
  return new ConfigError({
    operation: 'open bucket',
    subject: bucket,
    problem: `it is not in region ${config.region}${region === undefined ? '' : ` but in ${region}`}`,
    hint: `set AWS_REGION${region === undefined ? " to the bucket's region" : `=${region}`}`,
    cause,
  });
}
