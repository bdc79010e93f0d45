import path from 'node:path';
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { textOf, VaultError } from '../../../layers/backup/errors.ts';
import type { VaultConfig } from '../../../layers/vault/config.ts';
import { keysOf } from '../../../layers/vault/store-keys.ts';
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

/**
 * Makes the topic of the embedded server that pushes to the receiver on this machine, through its SNS interface. Making one
 * anew changes where it pushes to.
 *
 * @returns its ARN
 */
export async function makeTopic({ server, region }: VaultConfig, port: number): Promise<string> {
  try {
    const sns = new SNSClient({
      region,
      ...(server && { endpoint: server.endpoint, credentials: keysOf(server) }),
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
