import path from 'node:path';
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { textOf, VaultError } from '../../../layers/backup/errors.ts';
import type { Environment } from '../../../layers/settings/environment.ts';
import { readEnvironment } from '../../../layers/settings/environment.ts';
import { tryConditionalWrites } from '../../../layers/vault/abilities.ts';
import { ensureBucket } from '../../../layers/vault/bucket.ts';
import { readVaultConfig, type VaultConfig } from '../../../layers/vault/config.ts';
import { putLifecycle } from '../../../layers/vault/lifecycle.ts';
import { putNotification } from '../../../layers/vault/notifications.ts';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import type { Progress } from '../../../layers/words/terminal.ts';
import { installCephRgw } from './ceph/install.ts';
import { startCephRgw } from './ceph/rgw.ts';
import type { LocalSecrets } from './secrets.ts';

/** A bucket server. */
export interface LocalBucketServer {
  readonly description: string;
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

export interface EmbeddedBucketOptions {
  readonly stateDir: string;
  /** Where its programs are, or are brought to. */
  readonly cacheDir: string;
  readonly port: number;
  readonly secrets: LocalSecrets;
  readonly mirror: string | undefined;
  /** Ask Debian for a newer server, unless its last answer is younger than this. */
  readonly lookEveryMs: number;
  readonly onProgress: (progress: Progress) => void;
  readonly signal: AbortSignal;
}

/** Brings Ceph's RADOS Gateway from Debian, if it is not there, and starts it on the state folder's data. */
export async function startEmbeddedBucket(options: EmbeddedBucketOptions): Promise<LocalBucketServer> {
  const { stateDir, cacheDir, port, secrets, mirror, lookEveryMs, onProgress, signal } = options;
  const { root, version } = await installCephRgw({ stateDir: cacheDir, mirror, lookEveryMs, onProgress, signal });
  const ceph = await startCephRgw({
    ...{ root, port, signal },
    dataDir: path.join(stateDir, 'bucket'),
    accessKey: secrets.bucketAccessKey,
    secretKey: secrets.bucketSecretKey,
  });
  return {
    description: `${ceph.endpoint} (Ceph ${version.replace(/[^\d.].*$/, '')})`,
    ended: ceph.exited.then(({ daemon, lastLogLine }) => `the bucket server's ${daemon} ended: ${lastLogLine}`),
    stop: ceph.stop,
  };
}

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
 * @param notify - `embedded`: a topic of our own that pushes to the receiver; otherwise the ARN of a target that the
 * store knows, or undefined
 */
export async function setUpBucket(
  env: Environment,
  notify: { readonly embeddedPort: number } | { readonly targetArn: string | undefined },
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
  const targetArn = 'embeddedPort' in notify ? await makeTopic(config, notify.embeddedPort) : notify.targetArn;
  if (targetArn !== undefined) await putNotification(vault, { targetArn });
  else
    remarks.push(
      'MINIO_NOTIFY_ARN is not set: the bucket cannot notify verify, so verify looks for new backups itself',
    );
  const { bucket, prefix } = config;
  return { vault, bucket, prefix, notifications: targetArn === undefined ? 'polled' : 'pushed', remarks };
}

/** RGW's topics are made through its SNS interface; making one anew changes where it pushes to. */
async function makeTopic({ server, region }: VaultConfig, port: number): Promise<string> {
  try {
    const sns = new SNSClient({
      region,
      ...(server && { endpoint: server.endpoint, credentials: server }),
    });
    const endpoint = `http://127.0.0.1:${port}`;
    const answer = await sns.send(
      new CreateTopicCommand({ Name: 'pgvouch-verify', Attributes: { 'push-endpoint': endpoint } }),
    );
    if (answer.TopicArn !== undefined) return answer.TopicArn;
    throw new Error('the answer has no ARN');
  } catch (error) {
    throw new VaultError({
      operation: 'create topic',
      subject: 'pgvouch-verify',
      problem: textOf(error),
      hint: 'the embedded bucket server should support this; see its logs in the state folder',
      cause: error,
    });
  }
}
