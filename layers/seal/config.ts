import { readSecret } from '../secrets/read-secret.ts';
import type { EnvironmentReader, SecretSource } from '../settings/environment.ts';
import { type Identities, openIdentities } from './identities.ts';
import { openRecipients, type Recipients } from './recipients.ts';

/** Reads `BACKUP_AGE_RECIPIENTS`. */
export function readRecipients(read: EnvironmentReader): Recipients | undefined {
  const names = read.get('BACKUP_AGE_RECIPIENTS');
  return names && openRecipients(names);
}

/** Reads `BACKUP_AGE_IDENTITY`, or its `_SECRET` or `_FILE`: where it is, and not itself. */
export function readIdentities(read: EnvironmentReader): Identities | undefined {
  const source = read.secret('BACKUP_AGE_IDENTITY');
  return source && identitiesIn(source);
}

/** What is read from a place each time that something is opened; without one, nothing can be opened. */
export function identitiesIn(source: SecretSource | undefined): Identities {
  return openIdentities(() => identityTextIn(source));
}

/** The text of identities, as it is now; undefined without a place. */
export async function identityTextIn(source: SecretSource | undefined): Promise<string | undefined> {
  return source && readSecret(source, Date.now());
}
