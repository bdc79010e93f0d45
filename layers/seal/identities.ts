import { ConfigError, textOf } from '../backup/errors.ts';
import { BrokenSeal } from './broken-seal.ts';

/** Nothing is wrong with the bytes, but there is no identity that opens them. */
export class CannotOpen extends ConfigError {}

/** Whoever can open what was sealed for them. */
export interface Identities {
  /**
   * The key of a file, from its header.
   *
   * @param subject - what is opened, for errors
   * @throws {@link CannotOpen} if there is no identity, or it was not sealed for any of them
   * @throws {@link BrokenSeal} if it is no header
   */
  fileKeyOf(header: Buffer, subject: string): Promise<Uint8Array>;
}

/**
 * Identities in age's own form: `AGE-SECRET-KEY-1…` or `AGE-SECRET-KEY-PQ-1…`, one a line, and comments.
 *
 * @param read - gives their text each time that something is opened, so that new ones come into use; undefined if there are none
 */
export function openIdentities(read: () => Promise<string | undefined>): Identities {
  let known: { readonly text: string; readonly decrypter: Promise<HeaderDecrypter> } | undefined;
  return {
    async fileKeyOf(header, subject) {
      const text = await read();
      if (text === undefined) throw noIdentity(subject);
      if (known?.text !== text) known = { text, decrypter: decrypterOf(text) };
      const decrypter = await known.decrypter;
      try {
        return await decrypter.decryptHeader(header);
      } catch (error) {
        if (/no identity matched/.test(textOf(error))) throw notForThese(subject);
        throw new BrokenSeal({ operation: 'open', subject, problem: `its age header is damaged: ${textOf(error)}` });
      }
    },
  };
}

/** Opens nothing: what is sealed stays so. */
export const NO_IDENTITIES = openIdentities(async () => undefined);

interface HeaderDecrypter {
  decryptHeader(header: Uint8Array): Promise<Uint8Array>;
}

/** @throws {@link ConfigError} that repeats nothing of the text: it may be a secret, whatever it is */
async function decrypterOf(text: string): Promise<HeaderDecrypter> {
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (keys.length === 0) throw noKey('it has no line with a key');
  for (const key of keys) {
    try {
      decrypter.addIdentity(key);
    } catch {
      throw noKey(`line ${lines.indexOf(key) + 1} is no identity of age`);
    }
  }
  return decrypter;
}

function noKey(problem: string): ConfigError {
  const hint = 'it must hold what pgvouch keys new or age-keygen wrote: AGE-SECRET-KEY-… on a line of its own';
  return new ConfigError({ operation: 'read', subject: 'the identity', problem, hint });
}

function noIdentity(subject: string): CannotOpen {
  return new CannotOpen({
    operation: 'open',
    subject,
    problem: 'it is sealed, and no identity was given',
    hint: 'set BACKUP_AGE_IDENTITY_FILE or BACKUP_AGE_IDENTITY_SECRET, or give --identity FILE',
  });
}

function notForThese(subject: string): CannotOpen {
  return new CannotOpen({
    operation: 'open',
    subject,
    problem: 'it was sealed for other recipients than that of the identity',
    hint: 'give the identity of that time; a file may hold several, one a line',
  });
}
