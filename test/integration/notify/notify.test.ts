import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type FunctionFailed, parseFunctionFailed } from '../../../events/function-failed.ts';
import { notifyFailure } from '../../../functions/notify/notify-failure.ts';
import { parseFailureRecord } from '../../../layers/backup/failure.ts';
import { notificationSchema } from '../../../layers/backup/notification.ts';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import { postTo } from '../../../layers/webhook/post.ts';
import { closedPort, silentServer, webhookServer } from '../../support/servers/webhook-server.ts';
import { type NotifyChanges, notifyDeps } from '../../support/world/notify-deps.ts';
import { freshVault, freshVaultConfig, keysOf } from '../../support/world/world-vault.ts';

const failed = parseFunctionFailed(
  JSON.parse(readFileSync(new URL('../../../events/samples/function-failed.dump.json', import.meta.url), 'utf8')),
);
const key = 'pgvouch/shop/failures/2026-11-22T02-03-41.568Z.json';
const later = 'pgvouch/shop/failures/2026-11-22T02-03-41.569Z.json';

const trouble = 'pgvouch/shop/failures/trouble-dump.json';
const message = { body: '{}', contentType: 'application/json' };

function tell(vault: Vault, webhookUrl?: string, failure: FunctionFailed = failed, changes: NotifyChanges = {}) {
  const { deps, lines } = notifyDeps(vault, { webhookUrl, ...changes });
  return { lines, done: notifyFailure(deps, failure) };
}

test('a failure is recorded, then told', async () => {
  const { vault } = await freshVault();
  const webhook = await webhookServer(200);
  const record = await tell(vault, webhook.url).done;

  expect(await keysOf(vault)).toEqual([key, trouble]);
  expect(parseFailureRecord((await vault.getText(key)) ?? '', key)).toEqual(record);
  expect(record).toEqual({
    format: 'pgvouch/failure',
    formatVersion: 1,
    at: '2026-11-22T02:03:41.568Z',
    function: 'dump',
    database: 'shop',
    firedAt: '2026-11-22T02:00:00.000Z',
    error: failed.error,
    attempts: 3,
    requestId: failed.requestId,
  });
  const [post] = webhook.posts;
  expect(webhook.posts).toHaveLength(1);
  expect(post?.headers['content-type']).toBe('application/json');
  expect(JSON.parse(post?.body ?? '')).toEqual({
    text: expect.stringMatching(/^\[BACKUP FAILURE\] shop: dump failed/),
  });
});

test('a program is told the whole record, and where to look', async () => {
  const { vault } = await freshVault();
  const webhook = await webhookServer(200);
  const links = { statusUrl: 'https://status.example', runbookUrl: 'https://git.example/docs/runbook.md' };
  const record = await tell(vault, webhook.url, failed, { webhookFormat: 'json', links }).done;

  const told: unknown = JSON.parse(webhook.posts[0]?.body ?? '');
  expect(told).toEqual({
    ...record,
    ...{ status: 'firing', since: record.at, count: 1 },
    links: { status: 'https://status.example', runbook: 'https://git.example/docs/runbook.md#backupfailed' },
  });
  expect(notificationSchema.parse(told)).toEqual(told);
});

test('of several servers, the message says which, in its link and its commands too', async () => {
  const { vault } = await freshVault();
  const webhook = await webhookServer(200);
  const links = { server: 'main', statusUrl: 'https://status.example', runbookUrl: undefined };
  const accept = { ...failed, error: { ...failed.error, hint: 'run: npx pgvouch accept --database shop' } };
  const record = await tell(vault, webhook.url, accept, { webhookFormat: 'json', links }).done;
  expect(JSON.parse(webhook.posts[0]?.body ?? '')).toMatchObject({
    ...{ server: 'main', links: { status: 'https://status.example/?server=main' } },
    error: { hint: 'run: npx pgvouch accept --server main --database shop' },
  });
  expect(record.error.hint).toBe('run: npx pgvouch accept --database shop');
});

test('nobody asked to be told: it is recorded', async () => {
  const { vault } = await freshVault();
  await tell(vault).done;
  expect(await keysOf(vault)).toEqual([key, trouble]);
});

test('a redelivery is no second record; another failure at the same millisecond is', async () => {
  const { vault } = await freshVault();
  const other = { ...failed, requestId: 'another-request' };
  await tell(vault).done;
  await tell(vault).done;
  expect(await keysOf(vault)).toEqual([key, trouble]);

  expect(await tell(vault, undefined, other).done).toMatchObject({ at: '2026-11-22T02:03:41.569Z' });
  await tell(vault, undefined, other).done;
  expect(await keysOf(vault)).toEqual([key, later, trouble]);
  expect(await vault.getText(later)).toContain('another-request');
});

test('something else under the key stays as it is', async () => {
  const { vault } = await freshVault();
  await vault.put(key, 'not ours');
  await tell(vault).done;
  expect(await vault.getText(key)).toBe('not ours');
  expect(await keysOf(vault)).toEqual([key, later, trouble]);
});

describe('a webhook never hurts', () => {
  test.each([
    ['fails once, then takes it', [500, 200], 2, 'webhook notified'],
    ['asks to wait, then takes it', [429, 200], 2, 'webhook notified'],
    ['fails for good', [503], 3, 'answered HTTP 503'],
    ['is not there any more', [404], 1, 'answered HTTP 404'],
    ['sends elsewhere', [302], 1, 'answered HTTP 302'],
  ])('that %s', async (_, answers, posts, said) => {
    const { vault } = await freshVault();
    const webhook = await webhookServer(...answers);
    const { done, lines } = tell(vault, webhook.url);
    await done;
    expect(webhook.posts).toHaveLength(posts);
    expect(await keysOf(vault)).toEqual([key, trouble]);
    expect(lines.join('')).toContain(said);
    expect(lines.join('')).not.toContain('T0k3n');
  });

  test('that refuses connections, that has a user in its URL, whose URL is none', async () => {
    const { vault } = await freshVault();
    const port = await closedPort();
    const refused = [`http://127.0.0.1:${port}/T0k3n`, `http://u:T0k3n@127.0.0.1:${port}/`, 'ftp://T0k3n', 'T0k3n'];
    for (const url of [...refused, `http://u:T0k3n%zz@127.0.0.1:${port}/`]) {
      const { done, lines } = tell(vault, url);
      await done;
      expect(lines.join('')).toContain('webhook not notified');
      expect(lines.join('')).not.toContain('T0k3n');
    }
  });

  test('that hangs', async () => {
    const webhook = await webhookServer('hang');
    await expect(postTo(webhook.url, message, { timeoutMs: 200, retries: 2 })).rejects.toThrow(
      /^127\.0\.0\.1:\d+ cannot be reached: no answer/,
    );
    expect(webhook.posts).toHaveLength(3);
  });

  test('that asks to wait is asked again after that, if there is time for it', async () => {
    const webhook = await webhookServer({ status: 429, headers: { 'retry-after': '1' } }, 200);
    const begunAt = performance.now();
    await postTo(webhook.url, message);
    expect(performance.now() - begunAt).toBeGreaterThanOrEqual(999);
    expect(webhook.posts).toHaveLength(2);

    const busy = await webhookServer({ status: 429, body: '{"parameters": {"retry_after": 3600}}' });
    await expect(postTo(busy.url, message)).rejects.toThrow(/answered HTTP 429, and asks to wait 3600 s$/);
    expect(busy.posts).toHaveLength(1);
  });

  test('a password that cannot be read, as from a secret, is said clearly', async () => {
    await expect(postTo('http://me:pa%zz@127.0.0.1:1/', message)).rejects.toThrow(
      /^the URL must have its user and password percent-encoded \(a % is %25\)$/,
    );
  });

  test('a user in its URL goes into the header', async () => {
    const webhook = await webhookServer(204);
    await postTo(webhook.url.replace('//', '//me:p%40ss@'), message);
    expect(webhook.posts[0]?.headers.authorization).toBe(`Basic ${Buffer.from('me:p@ss').toString('base64')}`);
  });
});

describe('a vault that cannot be written is thrown, after people were told', () => {
  test('it is down', async () => {
    const config = freshVaultConfig();
    const server = { endpoint: `http://127.0.0.1:${await closedPort()}`, accessKeyId: 'a', secretAccessKey: 's' };
    const webhook = await webhookServer(200);
    const { done } = tell(openVault({ ...config, server }), webhook.url);
    await expect(done).rejects.toMatchObject({ name: 'VaultError', subject: key });
    expect(webhook.posts[0]?.body).toContain('The failure record could not be written: write pgvouch/shop/failures/');
  });

  test('it has no such bucket', async () => {
    const webhook = await webhookServer(200);
    const { done } = tell(openVault(freshVaultConfig()), webhook.url);
    await expect(done).rejects.toMatchObject({ name: 'VaultError', hint: expect.stringContaining('BACKUP_BUCKET') });
    expect(webhook.posts).toHaveLength(1);
  });

  test('it hangs', async () => {
    const silent = await silentServer();
    const server = { endpoint: silent.endpoint, accessKeyId: 'a', secretAccessKey: 's' };
    const webhook = await webhookServer(200);
    const { done } = tell(openVault({ ...freshVaultConfig(), server }), webhook.url);
    const thrown = expect(done).rejects.toMatchObject({ name: 'VaultError' });
    await expect.poll(() => webhook.posts.length, { timeout: 60_000 }).toBe(1);
    expect(webhook.posts[0]?.body).toContain('the store does not answer');
    silent.end();
    await thrown;
  });
});
