import { rm, writeFile } from 'node:fs/promises';
import { ConfigError, textOf } from '../backup/errors.ts';
import { saysShortage } from '../postgres/complaints/shortage.ts';

/**
 * Writes a file for a server that recovers. If it cannot, nothing of it is left: the room is needed, and a part must not be
 * taken for the whole.
 *
 * @param hint - what to do if the disk is full
 * @throws {@link ConfigError} if it is; otherwise what Node.js throws
 */
export async function writeWhole(
  file: string,
  bytes: Uint8Array | string,
  { mode, hint }: { readonly mode: number; readonly hint: string },
): Promise<void> {
  try {
    await writeFile(file, bytes, { mode });
  } catch (error) {
    await rm(file, { force: true }).catch(() => {});
    const problem = textOf(error);
    if (!saysShortage(problem)) throw error;
    throw new ConfigError({
      operation: 'write',
      subject: file,
      problem: `the disk is full: ${problem}`,
      hint,
      cause: error,
    });
  }
}
