import { readFile } from 'node:fs/promises';
import { ConfigError, textOf } from '../backup/errors.ts';

/** libpq, URLs and headers take less; whatever is larger is another file. */
const MOST_BYTES = 65_536;

/**
 * The text of a file that holds one secret, such as Docker and systemd mount it. The line break at its end is cut.
 *
 * @throws {@link ConfigError} naming the file, never with what is in it
 * @see https://docs.docker.com/compose/how-tos/use-secrets/
 * @see https://systemd.io/CREDENTIALS/
 */
export async function readSecretFile({
  name,
  file,
}: {
  readonly name: string;
  readonly file: string;
}): Promise<string> {
  const refuse = (problem: string, hint: string, cause?: unknown) =>
    new ConfigError({ operation: 'read secret', subject: file, problem, hint, cause });
  const bytes = await readFile(file).catch((error: unknown) => {
    throw refuse(textOf(error), `${name}_FILE must name a file that pgvouch's user may read`, error);
  });
  const text = secretIn(bytes);
  if (typeof text === 'string') return text;
  throw refuse(text.problem, `the file in ${name}_FILE must hold the secret and nothing else`);
}

/** Pure: the secret, or why the bytes are none. No message repeats any of them. */
export function secretIn(bytes: Uint8Array): string | { readonly problem: string } {
  if (bytes.length > MOST_BYTES) return { problem: `it has more than ${MOST_BYTES} bytes` };
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '');
  } catch {
    return { problem: 'it is not text in UTF-8' };
  }
  if (text === '') return { problem: 'it is empty' };
  // No environment variable and no URL can carry one; Node would repeat the text in its refusal.
  return text.includes('\0') ? { problem: 'it has a NUL character' } : text;
}
