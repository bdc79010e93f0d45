import { isPattern } from '../backup/database-patterns.ts';
import { entriesFor, perDatabase } from '../settings/database-settings.ts';
import type { Databases } from '../settings/databases.ts';
import {
  type Environment,
  type EnvironmentReader,
  readEnvironment,
  type SecretSource,
} from '../settings/environment.ts';
import { type SecretName, secretNames } from '../settings/variables.ts';
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
export function readPingSourceFor(read: EnvironmentReader, { names, patterns }: Databases): SecretSource | undefined {
  const source = readPingSource(read);
  const settings = read.get('DATABASE_SETTINGS') ?? {};
  const own = Object.keys(settings).filter((entry) => hasPing(settings[entry] ?? {}));
  const without = [
    ...names.filter((name) => !entriesFor(settings, name).some((entry) => own.includes(entry))),
    // Each fits any number of databases.
    ...(patterns?.include ?? []).flatMap((pattern) => (own.includes(pattern) ? [] : [pattern, pattern])),
  ];
  const refuse = (url: string | undefined, more = '') => {
    if (url && !hasCheckPerDatabase(url)) read.problem(`${PING} ${ONE_CHECK}${more}`);
  };
  if (source && 'value' in source && without.length > 1) refuse(source.value);
  for (const entry of own.filter(isPattern)) refuse(settings[entry]?.[PING], ` (database ${JSON.stringify(entry)})`);
  return source;
}

/** The dead-man's switch of all databases, and that of each where some have their own. */
export function readPings(env: Environment): {
  readonly source: SecretSource | undefined;
  readonly sourceOf?: (database: string) => SecretSource | undefined;
} {
  const sourceIn = (own: Environment) => readPingSource(readEnvironment(own, 'pings'));
  const settings = readEnvironment(env, 'pings').get('DATABASE_SETTINGS') ?? {};
  const source = sourceIn(env);
  return Object.values(settings).some(hasPing) ? { source, sourceOf: perDatabase(env, sourceIn) } : { source };
}

function hasPing(settings: Readonly<Record<string, string>>): boolean {
  return secretNames(PING).some((name) => name in settings);
}

/** A URL that is a secret: given, or named by the ARN of the secret that holds it. */
export function readUrlSource(read: EnvironmentReader, name: SecretName): SecretSource | undefined {
  const source = read.secret(name);
  if (source && 'value' in source && !hasReadableUser(source.value)) read.problem(`${name} ${UNREADABLE_USER}`);
  return source;
}
