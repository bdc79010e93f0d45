import { randomBytes } from 'node:crypto';
import { CreateMultipartUploadCommand } from '@aws-sdk/client-s3';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { bodyOf } from '../../../layers/vault/body.ts';
import { openPatience, type Refusal } from '../../../layers/vault/patience.ts';
import { openVault } from '../../../layers/vault/vault.ts';
import { type Fate, startStoreProxy, through } from '../../support/servers/store-proxy.ts';
import { freshVault, keysOf, unfinishedKeysOf } from '../../support/world/world-vault.ts';

const MIB = 1024 * 1024;
/** The smallest that S3 takes. */
const PART_BYTES = 5 * MIB;

async function bytesOf(stream: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A vault behind a proxy, which goes when the test ends. */
async function behindProxy(whenDone = onTestFinished) {
  const { config } = await freshVault();
  const proxy = await startStoreProxy(config.server?.endpoint ?? '');
  whenDone(() => proxy.end());
  const parts = () => proxy.requests.filter(({ method, query }) => method === 'PUT' && query.has('partNumber'));
  return { vault: openVault({ ...config, ...through(proxy, config) }), proxy, parts };
}

describe('uploads', () => {
  async function* body(parts: number, end?: Error) {
    for (let chunk = 0; chunk < parts * 5; chunk++) yield Buffer.alloc(MIB, chunk);
    if (end) throw end;
  }

  test('a body in several parts becomes one object, unchanged', async () => {
    const { vault } = await freshVault();
    await vault.upload('pgvouch/a.dump', bodyOf(body(3)), { partSizeBytes: PART_BYTES });
    const stored = await bytesOf((await vault.getBytes('pgvouch/a.dump')) ?? []);
    expect(stored.equals(await bytesOf(body(3)))).toBe(true);
    expect(await unfinishedKeysOf(vault)).toEqual([]);
  });

  test.each([0, 1, 5 * MIB - 1, 5 * MIB, 5 * MIB + 1, 15 * MIB, 21 * MIB + 7])(
    'a body of %i bytes in chunks of any size is stored as it is',
    async (sizeBytes) => {
      const { vault } = await freshVault();
      const bytes = randomBytes(sizeBytes);
      async function* chunks() {
        for (let at = 0, length = 1; at < sizeBytes; at += length, length = (3 * length) % (6 * MIB)) {
          yield bytes.subarray(at, at + length);
        }
      }
      await vault.upload('pgvouch/a.dump', bodyOf(chunks()), { partSizeBytes: PART_BYTES });
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
      for await (const chunk of body(6)) {
        yielded++;
        yield chunk;
      }
    }
    const uploading = vault.upload('pgvouch/a.dump', bodyOf(counted()), { partSizeBytes: PART_BYTES });
    await vi.waitFor(() => expect(parts()).toHaveLength(3), { timeout: 60_000 });
    expect(yielded).toBe(3 * 5);
    release();
    await uploading;
    expect(yielded).toBe(6 * 5);
    expect((await bytesOf((await vault.getBytes('pgvouch/a.dump')) ?? [])).equals(await bytesOf(body(6)))).toBe(true);
  });

  test.concurrent.for<[string, Fate, number]>([
    ['503 SlowDown', { status: 503, code: 'SlowDown' }, 5],
    ['500 InternalError', { status: 500, code: 'InternalError' }, 5],
    ['409 OperationAborted', { status: 409, code: 'OperationAborted' }, 2],
    ['429 TooManyRequests', { status: 429, code: 'TooManyRequests' }, 5],
    ['a connection that is cut', 'cut', 5],
  ])(
    '%s again and again: with patience each request is sent until it is taken',
    async ([, fate, times], { onTestFinished: whenDone }) => {
      const { vault, proxy } = await behindProxy(whenDone);
      const refusals: Refusal[] = [];
      const { signal } = new AbortController();
      const patience = openPatience({ signal, onRefusal: (refusal) => refusals.push(refusal) });
      const left = { part: times, complete: times };
      proxy.rule = ({ method, query }) => {
        if (query.get('partNumber') === '2' && left.part-- > 0) return fate;
        return method === 'POST' && query.has('uploadId') && left.complete-- > 0 ? fate : 'pass';
      };
      await vault.upload('pgvouch/a.dump', bodyOf(body(2)), { partSizeBytes: PART_BYTES, patience });
      expect((await bytesOf((await vault.getBytes('pgvouch/a.dump')) ?? [])).equals(await bytesOf(body(2)))).toBe(true);
      expect(new Set(refusals.map(({ operation }) => operation))).toEqual(
        new Set(['upload a part of', 'complete the upload of']),
      );
      expect(patience.outage()).toBeUndefined();
      expect(await unfinishedKeysOf(vault)).toEqual([]);
    },
  );

  test('a part that is refused ends the upload, though its body says nothing more', async () => {
    const { vault, proxy, parts } = await behindProxy();
    proxy.rule = ({ query }) => (query.has('partNumber') ? { status: 403, code: 'AccessDenied' } : 'pass');
    let ended = false;
    async function* silent() {
      yield* body(2);
      await new Promise((resolve) => setTimeout(resolve, 600_000).unref());
      ended = true;
    }
    await expect(vault.upload('pgvouch/a.dump', bodyOf(silent()), { partSizeBytes: PART_BYTES })).rejects.toMatchObject(
      {
        name: 'VaultError',
        subject: 'pgvouch/a.dump',
      },
    );
    expect(parts().length).toBeGreaterThan(0);
    expect(ended).toBe(false);
    expect(await keysOf(vault)).toEqual([]);
    expect(await unfinishedKeysOf(vault)).toEqual([]);
  });

  test.each([0, 1, 3])('a body that fails after %i parts leaves no object and no unfinished upload', async (parts) => {
    const { vault } = await freshVault();
    const failure = new Error('pg_dump died');
    await expect(
      vault.upload('pgvouch/a.dump', bodyOf(body(parts, failure)), { partSizeBytes: PART_BYTES }),
    ).rejects.toBe(failure);
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
      vault.upload('pgvouch/a.dump', bodyOf(endless()), { partSizeBytes: PART_BYTES, signal: stop.signal }),
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
    const uploading = vault.upload('pgvouch/a.dump', bodyOf(body(3)), {
      partSizeBytes: PART_BYTES,
      signal: stop.signal,
    });
    await expect(uploading).rejects.toThrow('stopped');
    expect(await keysOf(vault)).toEqual([]);
    expect(await unfinishedKeysOf(vault)).toEqual([]);
  });

  test('what is left of another key that begins like it is not cleared', async () => {
    const { vault } = await freshVault();
    await vault.client.s3.send(new CreateMultipartUploadCommand({ Bucket: vault.bucket, Key: 'pgvouch/a.dump.other' }));
    await expect(
      vault.upload('pgvouch/a.dump', bodyOf(body(1, new Error('x'))), { partSizeBytes: PART_BYTES }),
    ).rejects.toThrow();
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
