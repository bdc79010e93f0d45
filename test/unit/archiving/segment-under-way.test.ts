import { randomBytes } from 'node:crypto';
import { zstdDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { openSegmentUnderWay, type SegmentBody } from '../../../layers/archiving/segment-under-way.ts';

const SEGMENT = 4 * 1024 ** 2;
/** Some becomes no smaller, some next to nothing, and some half of it. */
const wal = Buffer.concat([
  ...[randomBytes(SEGMENT / 4), Buffer.alloc(SEGMENT / 4, 'WAL')],
  ...[Buffer.from(randomBytes(SEGMENT / 8).toString('hex')), randomBytes(SEGMENT / 4)],
]);

function expectBody({ compressed, sizeBytes }: SegmentBody, bytes: Buffer): void {
  expect(sizeBytes).toBe(bytes.length);
  expect(zstdDecompressSync(compressed).equals(bytes)).toBe(true);
}

test('its beginning can be had again and again, and it goes on', async () => {
  const segment = openSegmentUnderWay(SEGMENT);
  let at = 0;
  for (const end of [1, 100_000, 100_000, 131_072, 1_048_577, 2_500_000, 2_500_001, SEGMENT - 1, SEGMENT]) {
    for (; at < end; at += Math.min(131_072, end - at))
      await segment.add(wal.subarray(at, Math.min(end, at + 131_072)));
    expectBody(await segment.body(), wal.subarray(0, end));
    expect(segment.sizeBytes()).toBe(end);
  }
  // Until something is added it is the same.
  const first = await segment.body();
  expect((await segment.body()).compressed.equals(first.compressed)).toBe(true);
});

test('the next segment has nothing of the one before, whether that had ended or not', async () => {
  const segment = openSegmentUnderWay(SEGMENT);
  for (const isEnded of [true, false]) {
    await segment.add(wal);
    if (isEnded) await segment.body();
    segment.clear();
    await segment.add(wal.subarray(7, 1_000));
    expectBody(await segment.body(), wal.subarray(7, 1_000));
    segment.clear();
  }
});

test('bytes that cannot be compressed find room', async () => {
  const segment = openSegmentUnderWay(SEGMENT);
  const bytes = randomBytes(SEGMENT);
  for (let at = 0; at < SEGMENT; at += 131_072) await segment.add(bytes.subarray(at, at + 131_072));
  expectBody(await segment.body(), bytes);
});
