import type { EnvironmentReader, SecretSource } from '../settings/environment.ts';
import type { SecretName } from '../settings/variables.ts';
import { hasCheckPerDatabase, ONE_CHECK } from './ping-url.ts';
import { hasReadableUser, UNREADABLE_USER } from './secret-url.ts';

const PING = 'BACKUP_PING_URL';

/**
 * `BACKUP_PING_URL`, which may hold `{database}`, or `BACKUP_PING_URL_SECRET` with the ARN of its secret; undefined
 * where neither is set.
 */
export function readPingSource(read: EnvironmentReader): SecretSource | undefined {
  return readUrlSource(read, PING);
}

/**
 * The same where the databases are known: one check is not enough for several. What stands in a secret is known only when
 * it is used; then the log says so.
 */
export function readPingSourceFor(read: EnvironmentReader, areSeveral: boolean): SecretSource | undefined {
  const source = readPingSource(read);
  if (source && 'value' in source && areSeveral && !hasCheckPerDatabase(source.value)) {
    read.problem(`${PING} ${ONE_CHECK}`);
  }
  return source;
}

/** A URL that is a secret: given, or named by the ARN of the secret that holds it. */
export function readUrlSource(read: EnvironmentReader, name: SecretName): SecretSource | undefined {
  const source = read.secret(name);
  if (source && 'value' in source && !hasReadableUser(source.value)) read.problem(`${name} ${UNREADABLE_USER}`);
  return source;
}
