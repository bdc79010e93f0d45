import { createHash } from 'node:crypto';
import { DumpError } from '../../layers/backup/errors.ts';

/** What went through, known once the stream has ended. */
export interface Measured {
  readonly sizeBytes: number;
  readonly sha256: string;
}

/**
 * Passes an archive on while measuring it.
 *
 * @param onProgress - told the bytes so far, after each chunk
 * @returns the bytes, and a function that tells what they were, to be called after their end
 * @throws {@link DumpError} from the stream, if it does not begin as pg_dump's custom format does, or is empty
 * @see src/bin/pg_dump/pg_backup_archiver.c, ReadHead
 */
export function measureArchive(
  source: AsyncIterable<Buffer>,
  subject: string,
  onProgress: (sentBytes: number) => void,
): { bytes: AsyncGenerator<Buffer>; measured: () => Measured } {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let head = Buffer.alloc(0);
  async function* bytes() {
    for await (const chunk of source) {
      if (head.length < MAGIC.length) head = Buffer.concat([head, chunk.subarray(0, MAGIC.length)]);
      hash.update(chunk);
      sizeBytes += chunk.length;
      onProgress(sizeBytes);
      yield chunk;
    }
    if (head.toString('latin1').startsWith(MAGIC)) return;
    throw new DumpError({
      operation: 'dump',
      subject,
      problem:
        sizeBytes === 0 ? 'pg_dump wrote an empty archive' : 'what pg_dump wrote is no archive of its own format',
      hint: 'is the program in PG_CLIENT_DIR really pg_dump?',
      exitCode: 0,
    });
  }
  return { bytes: bytes(), measured: () => ({ sizeBytes, sha256: hash.digest('hex') }) };
}

const MAGIC = 'PGDMP';
