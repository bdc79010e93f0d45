import type { KeyPair } from '../../../layers/seal/new-identity.ts';

/** The identity as age-keygen would write it. Pure. */
export function identityFile({ identity, recipient }: KeyPair, now: Date): string {
  return `# created: ${now.toISOString()}\n# public key: ${recipient}\n${identity}\n`;
}
