import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketVersioningCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
} from '@aws-sdk/client-s3';
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { ensureBucket } from '../../../layers/vault/bucket.ts';
import { putLifecycle } from '../../../layers/vault/lifecycle.ts';
import { putNotification } from '../../../layers/vault/notifications.ts';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import { afterLifecycle, freshVault, freshVaultConfig, keysOf } from '../../support/world/world-vault.ts';

const days = { abortUploads: 7, noncurrent: 30 };
const everyRule = ['remove-tagged', 'abort-uploads', 'expire-noncurrent', 'expire-summaries', 'expire-markers'];

describe('the bucket', () => {
  test('a missing one is made, versioned, once', async () => {
    const vault = openVault(freshVaultConfig());
    expect(await ensureBucket(vault, { create: true })).toEqual({ created: true, versioned: true });
    expect(await ensureBucket(vault, { create: true })).toEqual({ created: false, versioned: true });
    expect(await ensureBucket(vault, { create: false })).toEqual({ created: false, versioned: undefined });
    const state = await vault.client.s3.send(new GetBucketVersioningCommand({ Bucket: vault.bucket }));
    expect(state.Status).toBe('Enabled');
  });

  test('two starts at once may both make it', async () => {
    const config = freshVaultConfig();
    const states = await Promise.all([1, 2].map(() => ensureBucket(openVault(config), { create: true })));
    expect(states.every(({ versioned }) => versioned)).toBe(true);
  });

  test('the configured region does not matter to a store that is not AWS', async () => {
    const vault = openVault(freshVaultConfig({ region: 'eu-central-1' }));
    expect(await ensureBucket(vault, { create: true })).toEqual({ created: true, versioned: true });
  });

  test('where none is to be made, a missing one is the deployer’s to see to', async () => {
    const vault = openVault(freshVaultConfig());
    await expect(ensureBucket(vault, { create: false })).rejects.toMatchObject({
      name: 'ConfigError',
      subject: vault.bucket,
      problem: expect.stringContaining('typo'),
      hint: expect.stringContaining('BACKUP_BUCKET'),
    });
    await expect(keysOf(vault)).rejects.toMatchObject({ name: 'VaultError' });
  });

  test('an unknown access key, and a server that is not there, are told apart', async () => {
    const config = freshVaultConfig();
    const { endpoint } = inject('s3');
    const nobody = openVault({ ...config, server: { endpoint, accessKeyId: 'nobody', secretAccessKey: 'x' } });
    await expect(ensureBucket(nobody, { create: true })).rejects.toMatchObject({
      name: 'VaultError',
      hint: expect.stringContaining('MINIO_ACCESS_KEY'),
    });
    const nowhere = { endpoint: 'http://127.0.0.1:1', accessKeyId: 'a', secretAccessKey: 'x' };
    await expect(ensureBucket(openVault({ ...config, server: nowhere }), { create: true })).rejects.toMatchObject({
      name: 'VaultError',
      problem: expect.stringContaining('ECONNREFUSED'),
      hint: expect.stringContaining('MINIO_ENDPOINT'),
    });
  });
});

describe('the lifecycle', () => {
  async function rulesOf({ client, bucket }: Vault) {
    return (await client.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }))).Rules ?? [];
  }

  test('our rules are put once, each bound to our prefix', async () => {
    const { vault } = await freshVault();
    expect(await putLifecycle(vault, days)).toEqual({ accepted: everyRule, refused: [] });
    await putLifecycle(vault, days);
    const rules = await rulesOf(vault);
    expect(rules).toHaveLength(5);
    const prefixes = rules.map(({ Filter }) => Filter?.Prefix ?? Filter?.And?.Prefix);
    expect(prefixes.sort()).toEqual([...Array(4).fill('pgvouch/'), 'pgvouch/summary.json']);
    expect(rules.map(({ Filter }) => Filter?.And?.Tags).filter(Boolean)).toEqual([
      [{ Key: 'pgvouch', Value: 'remove' }],
    ]);
  });

  test('rules of others stay, and so do those of another prefix', async () => {
    const { vault, config } = await freshVault();
    const foreign = [
      { ID: 'theirs', Status: 'Enabled' as const, Filter: { Prefix: 'logs/' }, Expiration: { Days: 3 } },
      { ID: 'old-style', Status: 'Disabled' as const, Prefix: 'old/', Expiration: { Days: 9 } },
    ];
    const LifecycleConfiguration = { Rules: foreign };
    await vault.client.s3.send(
      new PutBucketLifecycleConfigurationCommand({ Bucket: vault.bucket, LifecycleConfiguration }),
    );
    await putLifecycle(vault, days);
    await putLifecycle(openVault({ ...config, prefix: 'second/' }), days);
    await putLifecycle(vault, { ...days, noncurrent: 5 });
    const rules = await rulesOf(vault);
    expect(rules).toHaveLength(2 + 5 + 5);
    expect(rules).toEqual(expect.arrayContaining(foreign));
    expect(rules.flatMap((rule) => rule.NoncurrentVersionExpiration?.NoncurrentDays ?? []).sort()).toEqual([
      1, 1, 30, 5,
    ]);
  });

  test('a store that wants Content-MD5 and refuses some rules gets the others, and says why not', async () => {
    const { config } = await freshVault();
    const vault = openVault({ ...config, server: await pickyStore() });
    const { accepted, refused } = await putLifecycle(vault, days);
    expect(accepted).toEqual(everyRule.filter((rule) => rule !== 'abort-uploads'));
    expect(refused).toEqual([{ rule: 'abort-uploads', problem: expect.stringContaining('one action') }]);
    expect(await rulesOf(vault)).toHaveLength(4);
  });

  test('it really removes what is tagged, and nothing else', async () => {
    const { vault } = await freshVault();
    await putLifecycle(vault, days);
    for (const key of ['pgvouch/goes', 'pgvouch/stays', 'other/stays']) await vault.put(key, 'x');
    await vault.tagForRemoval('pgvouch/goes');
    await vault.tagForRemoval('other/stays');
    await expect.poll(() => afterLifecycle(vault), { timeout: 100_000, interval: 500 }).toEqual(['pgvouch/stays']);
    expect(await vault.getText('other/stays')).toBe('x');
  });

  test('a bucket that is not there', async () => {
    await expect(putLifecycle(openVault(freshVaultConfig()), days)).rejects.toMatchObject({ name: 'VaultError' });
  });
});

describe('notifications', () => {
  async function topic(): Promise<string> {
    const { endpoint, region, accessKeyId, secretAccessKey } = inject('s3');
    const sns = new SNSClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
    const Attributes = { 'push-endpoint': 'http://127.0.0.1:9' };
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: `t-${randomUUID()}`, Attributes }));
    return TopicArn ?? '';
  }

  async function configurationOf({ client, bucket }: Vault) {
    return client.s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: bucket }));
  }

  test('are asked for once, for new manifests and base backups below our prefix, beside those of others', async () => {
    const { vault } = await freshVault();
    const [theirs, first, second] = [await topic(), await topic(), await topic()];
    const TopicConfigurations = [{ Id: 'theirs', TopicArn: theirs, Events: ['s3:ObjectRemoved:*' as const] }];
    const NotificationConfiguration = { TopicConfigurations };
    await vault.client.s3.send(
      new PutBucketNotificationConfigurationCommand({ Bucket: vault.bucket, NotificationConfiguration }),
    );
    await putNotification(vault, { targetArn: first });
    await putNotification(vault, { targetArn: first });
    await putNotification(vault, { targetArn: second });
    const { TopicConfigurations: found = [] } = await configurationOf(vault);
    expect(found.map(({ TopicArn }) => TopicArn).sort()).toEqual([theirs, second, second].sort());
    const ours = found.filter(({ TopicArn }) => TopicArn === second);
    expect(ours.map(({ Events }) => Events)).toEqual([['s3:ObjectCreated:*'], ['s3:ObjectCreated:*']]);
    const rules = ours.map(({ Filter }) =>
      Object.fromEntries(Filter?.Key?.FilterRules?.map(({ Name, Value }) => [Name, Value]) ?? []),
    );
    expect(rules).toEqual(
      expect.arrayContaining([
        { prefix: 'pgvouch/', suffix: 'manifest.json' },
        { prefix: 'pgvouch/', suffix: 'base.json' },
      ]),
    );
  });

  test('a target that the store does not know, and an ARN that names no target', async () => {
    const { vault } = await freshVault();
    const unknown = (await topic()).replace(/[^:]+$/, 'nobody-made-this');
    const refused = { name: 'ConfigError', hint: expect.stringContaining('MINIO_NOTIFY_ARN') };
    await expect(putNotification(vault, { targetArn: unknown })).rejects.toMatchObject(refused);
    await expect(putNotification(vault, { targetArn: 'arn:aws:iam::1:role/x' })).rejects.toMatchObject(refused);
    await expect(putNotification(vault, { targetArn: 'arn:minio:sqs::no:webhook' })).rejects.toMatchObject(refused);
  });
});

/** A store that behaves as older MinIO does: a real one behind a proxy that refuses what MinIO refuses. */
async function pickyStore() {
  const { endpoint, accessKeyId, secretAccessKey } = inject('s3');
  const target = new URL(endpoint);
  const server = createServer(async (incoming, answer) => {
    const body = await bodyOf(incoming);
    const refusal =
      incoming.method === 'PUT' && incoming.url?.includes('lifecycle') ? refuse(incoming, body) : undefined;
    if (refusal !== undefined) {
      answer.writeHead(400, { 'content-type': 'application/xml' }).end(`<Error>${refusal}</Error>`);
      return;
    }
    const { method, url, headers } = incoming;
    const forwarded = request({ host: target.hostname, port: target.port, method, path: url, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 500, response.headers);
      response.pipe(answer);
    });
    forwarded.on('error', () => answer.destroy());
    forwarded.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, accessKeyId, secretAccessKey };
}

function refuse({ headers }: IncomingMessage, body: Buffer): string | undefined {
  if (headers['content-md5'] === undefined) {
    return '<Code>MissingContentMD5</Code><Message>Missing required header for this request: Content-Md5.</Message>';
  }
  if (!String(body).includes('<AbortIncompleteMultipartUpload>')) return undefined;
  return '<Code>InvalidRequest</Code><Message>At least one action needs to be specified in a rule.</Message>';
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks);
}
