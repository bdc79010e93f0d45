import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkedBytes } from '../../../layers/vault/checked-bytes.ts';

const wanted = (bytes: Buffer) => ({
  ...{ key: 'k', compression: 'zstd:3', oldestPgRestore: 17, sizeBytes: bytes.length },
  sha256: createHash('sha256').update(bytes).digest('hex'),
});

async function pass(chunks: readonly Buffer[], promised: Buffer) {
  async function* source() {
    yield* chunks;
  }
  const seen: Buffer[] = [];
  let failure: unknown;
  try {
    for await (const chunk of checkedBytes(source(), wanted(promised), 'hint', () => {})) seen.push(chunk);
  } catch (error) {
    failure = error;
  }
  return { seen: Buffer.concat(seen), failure };
}

test('right bytes pass whole; of wrong ones the end never comes', async () => {
  const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }).map(Buffer.from), {
    minLength: 1,
    maxLength: 9,
  });
  const property = fc.asyncProperty(chunks, fc.nat(), async (good, at) => {
    const bytes = Buffer.concat(good);
    expect(await pass(good, bytes)).toEqual({ seen: bytes, failure: undefined });

    const bad = good.map((chunk) => Buffer.from(chunk));
    const hit = bad[at % bad.length] ?? Buffer.alloc(1);
    hit[0] = (hit[0] ?? 0) ^ 255;
    for (const wrong of [bad, good.slice(0, -1), [...good, Buffer.from('x')]]) {
      const { seen, failure } = await pass(wrong, bytes);
      expect(failure).toMatchObject({ name: 'VaultError', hint: 'hint' });
      expect(seen.length).toBeLessThan(Math.max(1, Buffer.concat(wrong).length));
    }
  });
  await fc.assert(property, { numRuns: 50 });
});
