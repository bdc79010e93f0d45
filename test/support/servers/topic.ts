import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { inject } from 'vitest';

/**
 * What a MinIO administrator would set up by hand: a target that the run's bucket server knows, and its name.
 *
 * @param endpoint - where events are sent to
 * @returns the value of `MINIO_NOTIFY_ARN`
 */
export async function topicFor(name: string, endpoint: string): Promise<string> {
  const { endpoint: server, region, accessKeyId, secretAccessKey } = inject('s3');
  const sns = new SNSClient({ endpoint: server, region, credentials: { accessKeyId, secretAccessKey } });
  const topic = new CreateTopicCommand({ Name: name, Attributes: { 'push-endpoint': endpoint } });
  const { TopicArn } = await sns.send(topic).finally(() => sns.destroy());
  return `${TopicArn}`;
}
