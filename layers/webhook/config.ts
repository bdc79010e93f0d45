import { type EnvironmentReader, type SecretSource, secretSource, url } from '../backup/environment.ts';

/**
 * `BACKUP_PING_URL`, which may hold `{database}`, or `BACKUP_PING_URL_SECRET` with the ARN of its secret; undefined
 * where neither is set.
 */
export function readPingSource(read: EnvironmentReader): SecretSource | undefined {
  return readUrlSource(read, 'BACKUP_PING_URL');
}

/** A URL that is a secret: given, or named by the ARN of the secret that holds it. */
export function readUrlSource(read: EnvironmentReader, name: string): SecretSource | undefined {
  read.get(name, url.optional());
  return secretSource(read, name);
}
