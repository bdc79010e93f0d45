import { createHash } from 'node:crypto';
import { VaultError } from '../backup/errors.ts';

/** An object is missing, or not what was stored: the bytes are at fault, and not the way to them. */
export class WrongObject extends VaultError {}

/** What a document of ours says that an object is. */
export interface Recorded {
  readonly key: string;
  readonly sizeBytes: number;
  /** Of the bytes as stored. */
  readonly sha256: string;
}

/**
 * Passes an object's bytes on while hashing them. The last piece is held back until the whole is known to be right:
 * whoever reads to the end has read the right object, and nobody comes to the end of a wrong one.
 *
 * @throws {@link WrongObject} instead of the last piece
 */
export async function* checkedBytes(
  bytes: AsyncIterable<Buffer>,
  wanted: Recorded,
  hint: string,
  onBytes: (doneBytes: number) => void,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let doneBytes = 0;
  let held: Buffer | undefined;
  for await (const chunk of bytes) {
    if (held) yield held;
    held = chunk;
    hash.update(chunk);
    doneBytes += chunk.length;
    onBytes(doneBytes);
  }
  const sha256 = hash.digest('hex');
  if (doneBytes !== wanted.sizeBytes || sha256 !== wanted.sha256) {
    const found = doneBytes === wanted.sizeBytes ? `its SHA-256 is ${sha256}` : `it has ${doneBytes} bytes`;
    const said = doneBytes === wanted.sizeBytes ? wanted.sha256 : `${wanted.sizeBytes}`;
    const problem = `${found}, but ${said} is recorded: it is not what was stored`;
    throw new WrongObject({ operation: 'read', subject: wanted.key, problem, hint });
  }
  if (held) yield held;
}
