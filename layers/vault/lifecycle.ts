import { createHash } from 'node:crypto';
import {
  GetBucketLifecycleConfigurationCommand,
  type GetBucketLifecycleConfigurationCommandOutput,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
} from '@aws-sdk/client-s3';
import { summaryKey } from '../backup/keys.ts';
import { CONTENT_MD5_STEP, useContentMd5 } from './content-md5.ts';
import { REMOVE_TAG, type Vault } from './vault.ts';
import { isMissing, statusOf, vaultError } from './vault-error.ts';

export interface LifecycleDays {
  /** Until an unfinished upload is aborted; longer than the longest dump. */
  readonly abortUploads: number;
  /** Until the bytes of what was removed are gone for good. */
  readonly noncurrent: number;
}

/** What each of our rules does: also the end of its ID. */
export type RuleName = 'remove-tagged' | 'abort-uploads' | 'expire-noncurrent' | 'expire-summaries' | 'expire-markers';

export interface LifecycleState {
  readonly accepted: readonly RuleName[];
  readonly refused: readonly { readonly rule: RuleName; readonly problem: string }[];
}

/**
 * Puts our lifecycle rules, each bound to our prefix, beside whatever rules the bucket has. Stores differ in what they
 * accept, so if they refuse the rules together each is tried by itself.
 *
 * For stores off AWS only; there serverless.yml alone sets the lifecycle. A rule is known by its ID, which holds a hash
 * of the prefix, so that two of us can share a bucket.
 *
 * @returns which rules are in force, and which the store refused and why
 * @throws {@link VaultError} if the store cannot be asked, or refuses us and not the rules
 */
export async function putLifecycle(vault: Vault, days: LifecycleDays): Promise<LifecycleState> {
  const current = await readRules(vault);
  const id = (rule: RuleName) => `pgvouch-${hashOf(vault.prefix)}-${rule}`;
  const wanted = ourRules(vault.prefix, days).map(({ rule, ...settings }) => ({
    name: rule,
    rule: { ID: id(rule), Status: 'Enabled' as const, ...settings },
  }));
  const ourIds = new Set(wanted.map(({ rule }) => rule.ID));
  const foreign = (current.Rules ?? []).filter(({ ID }) => ID === undefined || !ourIds.has(ID));

  const together = await putRules(vault, current, [...foreign, ...wanted.map(({ rule }) => rule)]);
  if (together === undefined) return { accepted: wanted.map(({ name }) => name), refused: [] };
  const accepted: typeof wanted = [];
  const refused: { rule: RuleName; problem: string }[] = [];
  for (const one of wanted) {
    const problem = await putRules(vault, current, [...foreign, ...[...accepted, one].map(({ rule }) => rule)]);
    if (problem === undefined) accepted.push(one);
    else refused.push({ rule: one.name, problem });
  }
  return { accepted: accepted.map(({ name }) => name), refused };
}

function ourRules(prefix: string, days: LifecycleDays): (Omit<LifecycleRule, 'Status'> & { rule: RuleName })[] {
  const Filter = { Prefix: prefix };
  return [
    {
      rule: 'remove-tagged',
      Filter: { And: { Prefix: prefix, Tags: [REMOVE_TAG] } },
      Expiration: { Days: 1 },
    },
    { rule: 'abort-uploads', Filter, AbortIncompleteMultipartUpload: { DaysAfterInitiation: days.abortUploads } },
    { rule: 'expire-noncurrent', Filter, NoncurrentVersionExpiration: { NoncurrentDays: days.noncurrent } },
    // Written often, and worth nothing once replaced. Of two rules for one object the shorter holds.
    {
      rule: 'expire-summaries',
      Filter: { Prefix: summaryKey(prefix) },
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
    },
    { rule: 'expire-markers', Filter, Expiration: { ExpiredObjectDeleteMarker: true } },
  ];
}

type Current = Pick<GetBucketLifecycleConfigurationCommandOutput, 'Rules' | 'TransitionDefaultMinimumObjectSize'>;

async function readRules({ bucket, client }: Vault): Promise<Current> {
  try {
    return await client.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }));
  } catch (error) {
    if (isMissing(error)) return {};
    throw vaultError('read lifecycle of', bucket, error);
  }
}

/** @returns why the store refused the rules, undefined if it took them */
async function putRules(vault: Vault, current: Current, Rules: LifecycleRule[]): Promise<string | undefined> {
  const { bucket, client } = vault;
  const send = (withMd5: boolean) => {
    const command = new PutBucketLifecycleConfigurationCommand({
      Bucket: bucket,
      LifecycleConfiguration: { Rules },
      TransitionDefaultMinimumObjectSize: current.TransitionDefaultMinimumObjectSize,
    });
    if (withMd5) {
      command.middlewareStack.add(
        (next) => (args) => {
          useContentMd5(args.request);
          return next(args);
        },
        CONTENT_MD5_STEP,
      );
    }
    return client.s3.send(command);
  };
  try {
    await send(false).catch((error) => {
      if (!asksForMd5(error)) throw error;
      return send(true);
    });
    return undefined;
  } catch (error) {
    const refusal = vaultError('put lifecycle of', bucket, error);
    // 400 and 501 speak of the rules; anything else of us, or of the store's health.
    if (statusOf(error) === 400 || statusOf(error) === 501) return refusal.problem;
    throw refusal;
  }
}

/** Older MinIO needs Content-MD5 where the SDK sends a CRC32 now. */
function asksForMd5(error: unknown): boolean {
  return error instanceof Error && /Content-?MD5/i.test(`${error.name} ${error.message}`);
}

/** Short and stable: an ID holds 255 characters, a prefix may be longer. */
export function hashOf(prefix: string): string {
  return createHash('sha256').update(prefix).digest('hex').slice(0, 8);
}
