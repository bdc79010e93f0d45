export interface KeyPair {
  /** Secret: whoever has it opens what is sealed. */
  readonly identity: string;
  /** Public: what is sealed for it only the identity opens. */
  readonly recipient: string;
}

/** Makes an identity. @param hybrid - a post-quantum hybrid, which age 1.3 and newer knows; else X25519 */
export async function newIdentity(hybrid: boolean): Promise<KeyPair> {
  const { generateHybridIdentity, generateX25519Identity, identityToRecipient } = await import('age-encryption');
  const identity = await (hybrid ? generateHybridIdentity() : generateX25519Identity());
  return { identity, recipient: await identityToRecipient(identity) };
}
