import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateMultipartUploadCommand, GetObjectTaggingCommand } from '@aws-sdk/client-s3';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import { startStoreProxy, through } from '../../support/servers/store-proxy.ts';
import { freshVault, freshVaultConfig, keysOf, unfinishedKeysOf } from '../../support/world/world-vault.ts';

const MIB = 1024 * 1024;

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

/** A vault behind a proxy, which goes when the test ends. */
async function behindProxy() {
  const { config } = await freshVault();
  const proxy = await startStoreProxy(config.server?.endpoint ?? '');
  onTestFinished(() => proxy.end());
  const parts = () => proxy.requests.filter(({ method, query }) => method === 'PUT' && query.has('partNumber'));
  return { vault: openVault({ ...config, ...through(proxy, config) }), proxy, parts };
}

describe('uploads', () => {
  async function* body(parts: number, end?: Error) {
    for (let part = 0; part < parts * 8; part++) yield Buffer.alloc(MIB, part);
    if (end) throw end;
  }

  test('a body in several parts becomes one object, unchanged', async () => {
    const { vault } = await freshVault();
    await vault.upload('pgvouch/a.dump', body(3), { partSizeBytes: 8 * MIB });
    const stored = await bytesOf((await vault.getBytes('pgvouch/a.dump')) ?? []);
    expect(stored.equals(await bytesOf(body(3)))).toBe(true);
    expect(await unfinishedKeysOf(vault)).toEqual([]);
  });

  test.each([1, 5 * MIB - 1, 5 * MIB, 5 * MIB + 1, 15 * MIB, 21 * MIB + 7])(
    'a body of %i bytes in chunks of any size is stored as it is',
    async (sizeBytes) => {
      const { vault } = await freshVault();
      const bytes = randomBytes(sizeBytes);
      async function* chunks() {
        for (let at = 0, length = 1; at < sizeBytes; at += length, length = (3 * length) % (6 * MIB)) {
          yield bytes.subarray(at, at + length);
        }
      }
      await vault.upload('pgvouch/a.dump', chunks(), { partSizeBytes: 5 * MIB });
      expect((await bytesOf((await vault.getBytes('pgvouch/a.dump')) ?? [])).equals(bytes)).toBe(true);
      expect(await unfinishedKeysOf(vault)).toEqual([]);
    },
  );

  test('a store that is slow is waited for: a body is not read faster than it is taken', async () => {
    const { vault, proxy, parts } = await behindProxy();
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    proxy.rule = async () => {
      if (parts().length > 0) await released;
      return 'pass' as const;
    };
    let yielded = 0;
    async function* counted() {
      for await (const chunk of body(12)) {
        yielded++;
        yield chunk;
      }
    }
    const uploading = vault.upload('pgvouch/a.dump', counted(), { partSizeBytes: 8 * MIB });
    await vi.waitFor(() => expect(parts()).toHaveLength(3));
    // Three parts, and the chunk that did not fit.
    expect(yielded).toBe(3 * 8 + 1);
    release();
    await uploading;
    expect(yielded).toBe(12 * 8);
    expect((await bytesOf((await vault.getBytes('pgvouch/a.dump')) ?? [])).equals(await bytesOf(body(12)))).toBe(true);
  });

  test('a part that is refused ends the upload, though its body says nothing more', async () => {
    const { vault, proxy, parts } = await behindProxy();
    proxy.rule = ({ query }) => (query.has('partNumber') ? { status: 403, code: 'AccessDenied' } : 'pass');
    let left = false;
    async function* silent() {
      try {
        yield* body(2);
        await new Promise((resolve) => setTimeout(resolve, 600_000).unref());
      } finally {
        left = true;
      }
    }
    await expect(vault.upload('pgvouch/a.dump', silent(), { partSizeBytes: 8 * MIB })).rejects.toMatchObject({
      name: 'VaultError',
      subject: 'pgvouch/a.dump',
    });
    expect(parts().length).toBeGreaterThan(0);
    expect(left).toBe(false);
    expect(await keysOf(vault)).toEqual([]);
    expect(await unfinishedKeysOf(vault)).toEqual([]);
  });

  test.each([0, 1, 3])('a body that fails after %i parts leaves no object and no unfinished upload', async (parts) => {
    const { vault } = await freshVault();
    const failure = new Error('pg_dump died');
    await expect(vault.upload('pgvouch/a.dump', body(parts, failure), { partSizeBytes: 5 * MIB })).rejects.toBe(
      failure,
    );
    expect(await keysOf(vault)).toEqual([]);
    expect(await unfinishedKeysOf(vault)).toEqual([]);
  });

  test('an aborted upload leaves nothing, though its body would never end', async () => {
    const { vault } = await freshVault();
    const stop = new AbortController();
    async function* endless() {
      for (let chunk = 0; ; chunk++) {
        if (chunk === 20) stop.abort(new Error('the deadline is near'));
        yield Buffer.alloc(MIB);
      }
    }
    await expect(
      vault.upload('pgvouch/a.dump', endless(), { partSizeBytes: 5 * MIB, signal: stop.signal }),
    ).rejects.toThrow('the deadline is near');
    expect(await keysOf(vault)).toEqual([]);
    expect(await unfinishedKeysOf(vault)).toEqual([]);
  });

  test('one that is aborted while it begins leaves nothing either', async () => {
    const { vault, proxy } = await behindProxy();
    const stop = new AbortController();
    proxy.rule = ({ query }) => {
      if (query.has('uploads')) stop.abort(new Error('stopped'));
      return 'pass';
    };
    const uploading = vault.upload('pgvouch/a.dump', body(3), { partSizeBytes: 8 * MIB, signal: stop.signal });
    await expect(uploading).rejects.toThrow('stopped');
    expect(await keysOf(vault)).toEqual([]);
    expect(await unfinishedKeysOf(vault)).toEqual([]);
  });

  test('what is left of another key that begins like it is not cleared', async () => {
    const { vault } = await freshVault();
    await vault.client.s3.send(new CreateMultipartUploadCommand({ Bucket: vault.bucket, Key: 'pgvouch/a.dump.other' }));
    await expect(vault.upload('pgvouch/a.dump', body(1, new Error('x')), { partSizeBytes: 5 * MIB })).rejects.toThrow();
    expect(await unfinishedKeysOf(vault)).toEqual(['pgvouch/a.dump.other']);
  });

  test('unfinished uploads below the prefix are listed and aborted, again and again', async () => {
    const { vault } = await freshVault();
    const begin = (Key: string) =>
      vault.client.s3.send(new CreateMultipartUploadCommand({ Bucket: vault.bucket, Key }));
    for (const key of ['pgvouch/a', 'pgvouch/a', 'pgvouch/b', 'other/c']) await begin(key);
    const found = [];
    for await (const one of vault.unfinishedUploads()) found.push(one);
    expect(found.map(({ key }) => key)).toEqual(['pgvouch/a', 'pgvouch/a', 'pgvouch/b']);
    expect(found.every(({ startedAt }) => startedAt.getTime() > 0)).toBe(true);
    for (const one of [...found, ...found]) await vault.abortUpload(one);
    expect(await unfinishedKeysOf(vault)).toEqual([]);
  });
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
    problem: 'HTTP 415, the answer is not one of an S3 server',
    hint: expect.stringContaining('MINIO_ENDPOINT'),
  });
});
