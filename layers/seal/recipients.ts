import { randomBytes } from 'node:crypto';
import { ConfigError, textOf } from '../backup/errors.ts';
import { NONCE_BYTES, payloadKey, TAG_BYTES } from './payload.ts';

/** How a new age file begins. */
export interface NewFile {
  /** Its header, and the nonce that follows. */
  readonly head: Buffer;
  readonly key: Buffer;
}

/** Whoever may open what is sealed. They are public keys: who seals cannot open. */
export interface Recipients {
  /** In order, each once. */
  readonly names: readonly string[];
  /**
   * Begins a file that each of them can open alone.
   *
   * @param note - words that stand in its header, where anybody can read them; see {@link noteIn}
   *
   * @throws {@link ConfigError} if one of them is no recipient
   */
  begin(note?: readonly string[]): Promise<NewFile>;
}

/**
 * What is sealed for recipients is an age file: `age -d -i key` opens it.
 *
 * @param names - `age1…`, or `age1pq1…` for post-quantum hybrids
 * @see https://github.com/C2SP/C2SP/blob/main/age.md
 */
export function openRecipients(names: readonly string[]): Recipients {
  return {
    names: [...new Set(names)].sort(),
    async begin(note) {
      // Loaded only where something is sealed: its curves take their time.
      const { Encrypter, Stanza } = await import('age-encryption');
      const encrypter = new Encrypter();
      let fileKey: Uint8Array | undefined;
      for (const name of names) addTo(encrypter, name);
      encrypter.addRecipient({
        // Not to be one: the payload is ours, and the library keeps the key of a file to itself.
        wrapFileKey(key) {
          fileKey = key;
          return note ? [new Stanza([NOTE, ...note], new Uint8Array(0))] : [];
        },
      });
      const empty = await encrypter.encrypt(new Uint8Array(0));
      if (fileKey === undefined) throw new Error('unreachable: the library asks every recipient');
      const header = empty.subarray(0, empty.length - NONCE_BYTES - TAG_BYTES);
      const nonce = randomBytes(NONCE_BYTES);
      return { head: Buffer.concat([header, nonce]), key: payloadKey(fileKey, nonce) };
    },
  };
}

/** A kind of stanza that age and its like pass over. */
const NOTE = 'pgvouch-note';

/** The words of a file's note; undefined if it has none. @param head - its beginning */
export function noteIn(head: Buffer): readonly string[] | undefined {
  const [header = ''] = head.toString('latin1').split('\n--- ');
  return new RegExp(`^-> ${NOTE} (.*)$`, 'm').exec(header)?.[1]?.split(' ');
}

function addTo(encrypter: { addRecipient(name: string): void }, name: string): void {
  try {
    encrypter.addRecipient(name);
  } catch (error) {
    throw new ConfigError({
      operation: 'seal for',
      subject: name,
      problem: `it is no recipient of age: ${textOf(error)}`,
      hint: 'pgvouch keys new makes an identity and prints its recipient; age-keygen -y prints that of an identity',
      cause: error,
    });
  }
}
