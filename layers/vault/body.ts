import type { Body } from './upload.ts';

/** What an upload sends, from chunks of any size. What they throw fails the upload. */
export function bodyOf(chunks: AsyncIterable<Uint8Array>): Body {
  const iterator = chunks[Symbol.asyncIterator]();
  let chunk: Uint8Array = Buffer.alloc(0);
  return {
    async fill(part) {
      let filled = 0;
      while (filled < part.length) {
        if (chunk.length === 0) {
          const next = await iterator.next();
          if (next.done) break;
          chunk = next.value;
        }
        const bytes = chunk.subarray(0, part.length - filled);
        part.set(bytes, filled);
        filled += bytes.length;
        chunk = chunk.subarray(bytes.length);
      }
      return filled;
    },
  };
}
