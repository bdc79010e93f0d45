import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { GetObjectTaggingCommand } from '@aws-sdk/client-s3';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import { freshVault, freshVaultConfig, keysOf } from '../../support/world/world-vault.ts';

async function bytesOf(stream: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function tagsOf(vault: Vault, key: string) {
  const request = new GetObjectTaggingCommand({ Bucket: vault.bucket, Key: key });
  return (await vault.client.s3.send(request)).TagSet;
}

describe('objects', () => {
  test('what was put is read back, what is not there is undefined', async () => {
    const { vault } = await freshVault();
    await vault.put('pgvouch/a.json', 'one');
    await vault.put('pgvouch/a.json', 'zwei 🐘');
    expect(await vault.getText('pgvouch/a.json')).toBe('zwei 🐘');
    expect(await vault.getText('pgvouch/b.json')).toBeUndefined();
    expect(await vault.getBytes('pgvouch/b.json')).toBeUndefined();

    expect(String(await bytesOf((await vault.getBytes('pgvouch/a.json')) ?? []))).toBe('zwei 🐘');
    expect(vault.storeTime()).toBeInstanceOf(Date);
  });

  test('a conditional write never replaces, and of many at once exactly one wins', async () => {
    const { vault } = await freshVault();
    expect(await vault.putNew('pgvouch/m.json', 'first')).toBe(true);
    expect(await vault.putNew('pgvouch/m.json', 'second')).toBe(false);
    expect(await vault.getText('pgvouch/m.json')).toBe('first');

    const writers = ['a', 'b', 'c', 'd', 'e', 'f'];
    const won = await Promise.all(writers.map((text) => vault.putNew('pgvouch/race.json', text)));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await vault.getText('pgvouch/race.json')).toBe(writers[won.indexOf(true)]);
  });

  test('tags for removal come and go, and writing anew drops them', async () => {
    const { vault } = await freshVault();
    const key = 'pgvouch/a.json';
    await vault.put(key, '1');
    await vault.tagForRemoval(key);
    expect(await tagsOf(vault, key)).toEqual([{ Key: 'pgvouch', Value: 'remove' }]);
    await vault.untag(key);
    expect(await tagsOf(vault, key)).toEqual([]);
    await vault.tagForRemoval(key);
    await vault.put(key, '2');
    expect(await tagsOf(vault, key)).toEqual([]);
  });

  test('tagging, untagging and deleting what is gone is fine', async () => {
    const { vault } = await freshVault();
    await vault.tagForRemoval('pgvouch/gone');
    await vault.untag('pgvouch/gone');
    await vault.remove('pgvouch/gone');
    expect(await keysOf(vault)).toEqual([]);
  });
});

test('a listing has every key once, in order, over more than one page, and nothing of others', async () => {
  const { vault } = await freshVault();
  const names = Array.from({ length: 1_203 }, (_, index) => `pgvouch/db/${String(index).padStart(5, '0')} ü+%.json`);
  const [before, after] = ['pgvouch/a.json', 'pgvouch/e f/x.json'];
  const others = ['other/x.json', 'pgvouch', 'pgvouch-2/x.json'];
  const queue = [before, ...names, after, ...others].values();
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (const key of queue) await vault.put(key, '{}');
    }),
  );
  expect(await keysOf(vault)).toEqual([before, ...names, after]);
  const inOrder: string[] = [];
  for await (const { key } of vault.list()) inOrder.push(key);
  expect(inOrder).toEqual([before, ...names, after]);
  const folder: string[] = [];
  for await (const { key, sizeBytes, modifiedAt } of vault.list('pgvouch/db/0000')) {
    folder.push(key);
    expect(sizeBytes).toBe(2);
    expect(modifiedAt).toBeInstanceOf(Date);
  }
  expect(folder).toEqual(names.slice(0, 10));
});

describe('a store that refuses', () => {
  test('a bucket that is not there', async () => {
    const vault = openVault(freshVaultConfig());
    const refused = { name: 'VaultError', hint: expect.stringContaining('BACKUP_BUCKET') };
    await expect(keysOf(vault)).rejects.toMatchObject(refused);
    await expect(vault.put('pgvouch/a', 'a')).rejects.toMatchObject(refused);
    await expect(vault.putNew('pgvouch/a', 'a')).rejects.toMatchObject(refused);
  });

  test('a wrong secret key, which no message repeats', async () => {
    const { config } = await freshVault();
    const server = config.server && { ...config.server, secretAccessKey: 'guessed-in-vain' };
    const vault = openVault({ ...config, server });
    await expect(vault.put('pgvouch/a', 'a')).rejects.toMatchObject({
      name: 'VaultError',
      message: expect.not.stringContaining('guessed-in-vain'),
      hint: expect.stringContaining('MINIO_SECRET_KEY'),
    });
  });
});

test('keys that stand in files are read when they are needed', async () => {
  const { config } = await freshVault();
  const folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-keys-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { endpoint, accessKeyId, secretAccessKey } = inject('s3');
  const file = path.join(folder, 'key');
  const server = { endpoint, accessKeyId, secretAccessKey: { name: 'MINIO_SECRET_KEY', file } };
  const vault = openVault({ ...config, server });
  await expect(vault.put('pgvouch/a', 'a')).rejects.toMatchObject({ name: 'ConfigError', subject: file });
  writeFileSync(file, `${secretAccessKey}\n`);
  await vault.put('pgvouch/a', 'a');
  expect(await keysOf(vault)).toEqual(['pgvouch/a']);
});

test('a bucket that is gone is an error, not a missing object', async () => {
  const vault = openVault(freshVaultConfig());
  await expect(vault.getText('pgvouch/shop/x')).rejects.toMatchObject({ name: 'VaultError', hint: expect.any(String) });
  await expect(vault.tagForRemoval('pgvouch/shop/x')).rejects.toMatchObject({ name: 'VaultError' });
});

test('another HTTP server than a store: one line that says so', async () => {
  const server = createServer((_, response) => response.writeHead(415, { 'content-type': 'text/html' }).end('<p>no'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const vault = openVault(
    freshVaultConfig({ server: { endpoint: `http://127.0.0.1:${port}`, accessKeyId: 'a', secretAccessKey: 'b' } }),
  );
  const error: unknown = await vault.put('pgvouch/x', 'x').catch((reason) => reason);
  server.closeAllConnections();
  server.close();
  expect(error).toMatchObject({
    name: 'VaultError',
    problem: 'HTTP 415, the answer does not come from an S3 server',
    hint: expect.stringContaining('MINIO_ENDPOINT'),
  });
});
