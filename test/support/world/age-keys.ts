import { generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { type Identities, openIdentities } from '../../../layers/seal/identities.ts';
import { openRecipients, type Recipients } from '../../../layers/seal/recipients.ts';

/** Keys as those that seal and those that open have them. */
export interface AgeKeys {
  readonly identity: string;
  readonly recipient: string;
  readonly recipients: Recipients;
  readonly identities: Identities;
}

/** A fresh pair. */
export async function ageKeys(kind: 'ordinary' | 'hybrid' = 'ordinary'): Promise<AgeKeys> {
  const identity = await (kind === 'hybrid' ? generateHybridIdentity() : generateX25519Identity());
  return keysOf(identity, [await identityToRecipient(identity)]);
}

/** An identity, and the recipients that are sealed for. */
export function keysOf(identity: string, recipients: readonly [string, ...string[]]): AgeKeys {
  const identities = openIdentities(async () => identity);
  return { identity, recipient: recipients[0], recipients: openRecipients(recipients), identities };
}
