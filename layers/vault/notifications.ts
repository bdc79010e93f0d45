import {
  GetBucketNotificationConfigurationCommand,
  type NotificationConfiguration,
  PutBucketNotificationConfigurationCommand,
} from '@aws-sdk/client-s3';
import { ConfigError } from '../backup/errors.ts';
import { hashOf } from './lifecycle.ts';
import type { Vault } from './vault.ts';
import { statusOf, vaultError } from './vault-error.ts';

/** What is written last of a dump, and of a base backup. */
const WATCHED = [
  { id: 'manifests', suffix: 'manifest.json' },
  { id: 'bases', suffix: 'base.json' },
] as const;

/**
 * Asks the bucket to tell of every new `manifest.json` and `base.json` below our prefix, beside whatever it tells others.
 * What verify and recovery write does not match, so that they cannot fire themselves.
 *
 * @param targetArn - an SNS topic (`arn:aws:sns:…`) or a queue (`arn:aws:sqs:…`, and MinIO's `arn:minio:sqs::ID:webhook`)
 * @throws {@link ConfigError} if the ARN is neither, or the store does not know it
 * @throws {@link VaultError} if the store refuses or cannot be reached
 */
export async function putNotification(vault: Vault, { targetArn }: { readonly targetArn: string }): Promise<void> {
  const { bucket, client, prefix } = vault;
  const service = /^arn:[^:]*:(sns|sqs):/.exec(targetArn)?.[1];
  if (service === undefined) throw unknownTarget(targetArn, 'it is not the ARN of a topic (sns) or a queue (sqs)');
  const ours = WATCHED.map(({ id, suffix }) => ({
    Id: `pgvouch-${hashOf(prefix)}-${id}`,
    Events: ['s3:ObjectCreated:*' as const],
    Filter: {
      Key: {
        FilterRules: [
          { Name: 'prefix' as const, Value: prefix },
          { Name: 'suffix' as const, Value: suffix },
        ],
      },
    },
  }));
  const isOurs = ({ Id }: { Id?: string | undefined }) => ours.some((one) => one.Id === Id);
  const s3 = client.s3;
  const read = () => s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: bucket }));
  const write = (NotificationConfiguration: NotificationConfiguration) =>
    s3.send(new PutBucketNotificationConfigurationCommand({ Bucket: bucket, NotificationConfiguration }));
  try {
    const { $metadata, ...current } = await read();
    const topics = (current.TopicConfigurations ?? []).filter((one) => !isOurs(one));
    const queues = (current.QueueConfigurations ?? []).filter((one) => !isOurs(one));
    const wanted = {
      ...current,
      TopicConfigurations:
        service === 'sns' ? [...topics, ...ours.map((one) => ({ ...one, TopicArn: targetArn }))] : topics,
      QueueConfigurations:
        service === 'sqs' ? [...queues, ...ours.map((one) => ({ ...one, QueueArn: targetArn }))] : queues,
    };
    await write(wanted);
    const after = await read();
    const mine = [...(after.TopicConfigurations ?? []), ...(after.QueueConfigurations ?? [])].filter(isOurs);
    // Ceph takes queues without a word and forgets them.
    if (mine.length < ours.length) throw unknownTarget(targetArn, 'the store did not keep the notification');
    if (mine.length === ours.length) return;
    // Ceph only adds to what is there: our former target goes only with everything.
    await write({});
    await write(wanted);
  } catch (error) {
    const refusal = vaultError('put notification of', bucket, error);
    // AWS and MinIO answer 400 to a target that they do not know, Ceph 404 (and to a missing bucket NoSuchBucket).
    const unknown = statusOf(error) === 400 || (statusOf(error) === 404 && !refusal.problem.startsWith('NoSuchBucket'));
    throw unknown ? unknownTarget(targetArn, refusal.problem, error) : refusal;
  }
}

function unknownTarget(targetArn: string, problem: string, cause?: unknown): ConfigError {
  return new ConfigError({
    operation: 'put notification to',
    subject: targetArn,
    problem,
    hint: 'check MINIO_NOTIFY_ARN: `mc admin info --json` lists the targets that the server has',
    cause,
  });
}
