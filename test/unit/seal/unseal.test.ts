import { randomBytes } from 'node:crypto';
import { generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { beforeAll, describe, expect, test } from 'vitest';
import { ConfigError } from '../../../layers/backup/errors.ts';
import { BrokenSeal } from '../../../layers/seal/broken-seal.ts';
import { openIdentities } from '../../../layers/seal/identities.ts';
import { CHUNK_BYTES, SEALED_CHUNK_BYTES } from '../../../layers/seal/payload.ts';
import { openRecipients } from '../../../layers/seal/recipients.ts';
import { sealBytes, sealFilled } from '../../../layers/seal/seal.ts';
import { type Part, readPartKey, unseal, unsealBytes, unsealPart } from '../../../layers/seal/unseal.ts';

let identity: string;
let recipient: string;

beforeAll(async () => {
  identity = await generateX25519Identity();
  recipient = await identityToRecipient(identity);
});

const have = (...keys: string[]) => openIdentities(async () => keys.join('\n'));
const sealed = async (bytes: Buffer, to = [recipient]) => sealBytes(bytes, await openRecipients(to).begin());

test('post-quantum and ordinary recipients together: each opens it alone', async () => {
  const hybrid = await generateHybridIdentity();
  const bytes = randomBytes(100_000);
  const file = await sealed(bytes, [recipient, await identityToRecipient(hybrid)]);
  expect(bytes.equals(await unsealBytes(file, have(identity), 'it'))).toBe(true);
  expect(bytes.equals(await unsealBytes(file, have(hybrid), 'it'))).toBe(true);
});

test('an identity file has comments, blank lines and old identities', async () => {
  const text = `# created: 2026-11-28\r\n\r\n${await generateX25519Identity()}\r\n ${identity} \r\n`;
  const file = await sealed(Buffer.from('rows'));
  expect(String(await unsealBytes(file, have(text), 'it'))).toBe('rows');
});

test('bytes come through whatever pieces the stream has', async () => {
  const bytes = randomBytes(3 * CHUNK_BYTES + 17);
  const file = await sealed(bytes);
  for (const size of [1_000, 65_537, 1_000_000]) {
    const chunks: Buffer[] = [];
    for await (const chunk of unseal(cut(file, size), have(identity), 'it')) chunks.push(Buffer.from(chunk));
    expect(bytes.equals(Buffer.concat(chunks))).toBe(true);
  }
});

describe('what is not what was sealed is never taken for it', () => {
  const open = (file: Buffer) => unsealBytes(file, have(identity), 'pgvouch/shop/a.dump.age');

  test('a byte changed anywhere', async () => {
    const file = await sealed(randomBytes(2 * CHUNK_BYTES + 100));
    for (let at = 0; at < file.length; at += Math.max(1, Math.floor(at / 3))) {
      const changed = Buffer.from(file);
      changed[at] = (changed[at] ?? 0) ^ 1;
      // A stanza that no longer is for this identity is one of another.
      await expect(open(changed)).rejects.toSatisfy(
        (error) => error instanceof BrokenSeal || error instanceof ConfigError,
      );
    }
  });

  test('cut off anywhere, also between chunks, or with more behind it', async () => {
    const file = await sealed(randomBytes(2 * CHUNK_BYTES));
    for (const end of [0, 5, 60, 199, 201, file.length - SEALED_CHUNK_BYTES, file.length - 1]) {
      await expect(open(file.subarray(0, end))).rejects.toBeInstanceOf(BrokenSeal);
    }
    await expect(open(Buffer.concat([file, Buffer.alloc(1)]))).rejects.toBeInstanceOf(BrokenSeal);
  });

  test('chunks in another order', async () => {
    const file = await sealed(randomBytes(4 * CHUNK_BYTES));
    const at = file.length - 4 * SEALED_CHUNK_BYTES;
    const chunk = (n: number) => file.subarray(at + n * SEALED_CHUNK_BYTES, at + (n + 1) * SEALED_CHUNK_BYTES);
    await expect(open(Buffer.concat([file.subarray(0, at), chunk(1), chunk(0), chunk(2), chunk(3)]))).rejects.toThrow(
      'open pgvouch/shop/a.dump.age: it is damaged at byte 0 of its contents',
    );
  });

  test('an archive that was never sealed', async () => {
    await expect(open(Buffer.from('PGDMP and more'))).rejects.toThrow('it is not a file of age');
  });
});

describe('identities', () => {
  test('another one does not open it, and the error says so', async () => {
    const other = have(await generateX25519Identity());
    await expect(unsealBytes(await sealed(Buffer.from('rows')), other, 'it')).rejects.toThrow(
      /^open it: it was sealed for other recipients/,
    );
  });

  test('none at all: the error says what to give', async () => {
    const none = openIdentities(async () => undefined);
    await expect(unsealBytes(await sealed(Buffer.from('rows')), none, 'it')).rejects.toMatchObject({
      name: 'ConfigError',
      hint: expect.stringContaining('BACKUP_AGE_IDENTITY_FILE'),
    });
  });

  test('what is no identity is refused by its line, and not repeated', async () => {
    const file = await sealed(Buffer.from('rows'));
    const secret = 'AGE-SECRET-KEY-1MISTYPED';
    const error = await unsealBytes(file, have('# mine', secret), 'it').catch((thrown) => thrown);
    expect(error.message).toMatch(/^read the identity: line 2 is no identity of age/);
    expect(JSON.stringify(error) + error.stack + String(error.cause)).not.toContain('MISTYPED');
    await expect(unsealBytes(file, have('# nothing'), 'it')).rejects.toThrow('it has no line with a key');
  });

  test('new ones come into use without a restart', async () => {
    const file = await sealed(Buffer.from('rows'));
    let text = await generateX25519Identity();
    const identities = openIdentities(async () => text);
    await expect(unsealBytes(file, identities, 'it')).rejects.toThrow('other recipients');
    text = identity;
    expect(String(await unsealBytes(file, identities, 'it'))).toBe('rows');
  });
});

test('a mistyped recipient is named', async () => {
  const mistyped = recipient.replace(/.$/, (last) => (last === 'q' ? 'p' : 'q'));
  await expect(openRecipients([mistyped]).begin()).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringMatching(/^seal for age1\w+: it is no recipient of age: /),
  });
});

test('what fails to give its bytes fails the sealing, which then has no end', async () => {
  const pieces: Buffer[] = [];
  let calls = 0;
  const fill = async (memory: Buffer) => {
    if (calls++ === 2) throw new Error('pg_dump died');
    return memory.length;
  };
  const work = async () => {
    for await (const piece of sealFilled(fill, await openRecipients([recipient]).begin()))
      pieces.push(Buffer.from(piece));
  };
  await expect(work()).rejects.toThrow('pg_dump died');
  await expect(unsealBytes(Buffer.concat(pieces), have(identity), 'it')).rejects.toBeInstanceOf(BrokenSeal);
});

test('a part is opened without what is before it', async () => {
  const bytes = randomBytes(5 * CHUNK_BYTES + 1_000);
  const file = await sealed(bytes);
  const asked: Part[] = [];
  const get = async (part: Part) => {
    asked.push(part);
    return cut(file.subarray(part.at, part.at + part.sizeBytes), 10_000);
  };
  const parts = [
    { at: 0, sizeBytes: 1 },
    { at: CHUNK_BYTES - 1, sizeBytes: 2 },
    { at: 2 * CHUNK_BYTES, sizeBytes: CHUNK_BYTES },
    { at: 100_000, sizeBytes: 200_000 },
    { at: 5 * CHUNK_BYTES, sizeBytes: 1_000 },
    { at: 0, sizeBytes: bytes.length },
  ];
  const key = await readPartKey(get, have(identity), 'it');
  asked.length = 0;
  for (const part of parts) {
    const chunks: Buffer[] = [];
    for await (const chunk of unsealPart(get, part, key, 'it')) chunks.push(Buffer.from(chunk));
    expect(bytes.subarray(part.at, part.at + part.sizeBytes).equals(Buffer.concat(chunks))).toBe(true);
  }
  expect(asked[3]?.sizeBytes).toBe(4 * SEALED_CHUNK_BYTES);
  const beyond = async () => {
    for await (const _ of unsealPart(get, { at: bytes.length - 10, sizeBytes: 20 }, key, 'it'));
  };
  await expect(beyond()).rejects.toBeInstanceOf(BrokenSeal);
});

async function* cut(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
