import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, describe, expect, inject, test, vi } from 'vitest';
import type { TestS3 } from '../../support/servers/ceph.ts';
import { runLifecycle } from '../../support/servers/ceph-admin.ts';

const server: TestS3 = inject('s3');
const credentials = { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey };
const { endpoint, region } = server;
const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });

afterAll(() => s3.destroy());

async function newBucket(): Promise<string> {
  const Bucket = `test-${randomUUID()}`;
  await s3.send(new CreateBucketCommand({ Bucket }));
  return Bucket;
}

async function textOf(Bucket: string, Key: string): Promise<string | undefined> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return Body?.transformToString();
}

describe('what the backups need of a bucket', () => {
  test('an object comes back, and If-None-Match keeps the first of two', async () => {
    const Bucket = await newBucket();
    const put = (Body: string) => s3.send(new PutObjectCommand({ Bucket, Key: 'a/b c.json', Body, IfNoneMatch: '*' }));

    await put('first');

    await expect(put('second')).rejects.toMatchObject({ $metadata: { httpStatusCode: 412 } });
    expect(await textOf(Bucket, 'a/b c.json')).toBe('first');
  });

  test('an aborted multipart upload is gone', async () => {
    const Bucket = await newBucket();
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'big' }));
    await s3.send(new UploadPartCommand({ Bucket, Key: 'big', UploadId, PartNumber: 1, Body: 'part' }));

    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'big', UploadId }));

    expect((await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads ?? []).toEqual([]);
  });

  test('lifecycle removes what is tagged so, and nothing else; versions keep it', async () => {
    const Bucket = await newBucket();
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    for (const Key of ['p/keep', 'p/remove']) await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
    const TagSet = [{ Key: 'pgvouch', Value: 'remove' }];
    await s3.send(new PutObjectTaggingCommand({ Bucket, Key: 'p/remove', Tagging: { TagSet } }));
    const Filter = { And: { Prefix: 'p/', Tags: TagSet } };
    const Rules = [{ ID: 'removal', Status: 'Enabled' as const, Filter, Expiration: { Days: 1 } }];
    await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));

    await vi.waitFor(
      async () => {
        await runLifecycle(Bucket);
        await expect(textOf(Bucket, 'p/remove')).rejects.toMatchObject({ name: 'NoSuchKey' });
      },
      { timeout: 60_000, interval: 500 },
    );

    expect(await textOf(Bucket, 'p/keep')).toBe('p/keep');
    const { Versions } = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'p/remove' }));
    expect(Versions).toHaveLength(1);
  });

  test('a new object is told to an HTTP endpoint', async () => {
    const Bucket = await newBucket();
    const receiver = await startReceiver();
    try {
      const sns = new SNSClient({ endpoint, region, credentials });
      const Attributes = { 'push-endpoint': receiver.url };
      const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: `topic-${randomUUID()}`, Attributes }));
      const TopicConfigurations = [
        {
          Id: 'created',
          TopicArn,
          Events: ['s3:ObjectCreated:*' as const],
          Filter: { Key: { FilterRules: [{ Name: 'suffix' as const, Value: 'manifest.json' }] } },
        },
      ];
      const NotificationConfiguration = { TopicConfigurations };
      await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));

      await s3.send(new PutObjectCommand({ Bucket, Key: 'x/archive.dump', Body: 'x' }));
      await s3.send(new PutObjectCommand({ Bucket, Key: 'x/manifest.json', Body: '{}' }));

      await vi.waitFor(() => expect(receiver.bodies).toHaveLength(1), { timeout: 30_000 });
      const { Records } = JSON.parse(receiver.bodies[0] ?? '') as { Records: { s3: { object: { key: string } } }[] };
      expect(Records.map((record) => record.s3.object.key)).toEqual(['x/manifest.json']);
      sns.destroy();
    } finally {
      receiver.server.close();
      receiver.server.closeAllConnections();
    }
  });
});

async function startReceiver(): Promise<{ server: Server; url: string; bodies: string[] }> {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    bodies.push(Buffer.concat(chunks).toString());
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { server, url: `http://127.0.0.1:${address.port}/`, bodies };
}
