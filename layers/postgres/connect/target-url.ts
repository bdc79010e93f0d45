import { ConfigError } from '../../backup/errors.ts';
import { readEnvironment } from '../../settings/environment.ts';
import { readPostgresConfig } from './config.ts';
import { CONNECTION_PARAMETERS } from './parameters.ts';
import type { ConnectionTarget } from './target.ts';

/** A server and a database on it. */
export interface UrlTarget {
  readonly target: ConnectionTarget;
  /** Undefined where the URL names none. */
  readonly database: string | undefined;
}

/** Those of libpq's URLs that our configuration shares, and one of its own. */
const PARAMETERS: Readonly<Record<string, string>> = { ...CONNECTION_PARAMETERS, pooler: 'POSTGRES_POOLER' };

/**
 * Reads a connection URL: `postgres://user:password@host:5432/database?sslmode=require`. A socket's folder goes into
 * `host=` or percent-encoded in the host's place.
 *
 * @param name - what the URL was given as, for the message: `DRILL_DATABASE_URL`
 * @throws {@link ConfigError} naming what is wrong; never with the URL, which holds a password
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
 */
export function readTargetUrl(text: string, name: string): UrlTarget {
  const refuse = (problem: string) =>
    new ConfigError({
      operation: 'read',
      subject: name,
      problem,
      hint: 'use postgres://user:password@host:5432/database?sslmode=require, with special characters percent-encoded',
    });
  if (!URL.canParse(text)) throw refuse('it is not a URL');
  const url = new URL(text);
  if (!/^postgres(ql)?:$/.test(url.protocol)) throw refuse('it does not begin with postgres://');
  const unknown = [...url.searchParams.keys()].find((key) => !(key in PARAMETERS));
  if (unknown !== undefined)
    throw refuse(`its parameter ${unknown} is not one of ${Object.keys(PARAMETERS).join(', ')}`);
  const decoded = (part: string) => {
    try {
      return decodeURIComponent(part);
    } catch {
      throw refuse(
        'it has a % that is not followed by the two hexadecimal digits of a character: write % itself as %25',
      );
    }
  };
  const env: Record<string, string> = {
    // An IPv6 address stands in brackets in URLs, and nowhere else.
    POSTGRES_HOST: decoded(url.hostname).replace(/^\[(.*)\]$/, '$1'),
    POSTGRES_PORT: url.port,
    POSTGRES_USER: decoded(url.username),
    POSTGRES_PASSWORD: decoded(url.password),
  };
  for (const [key, value] of url.searchParams) env[PARAMETERS[key] ?? ''] = value;
  const database = decoded(url.pathname.slice(1));
  const config = readConfig(env, name, refuse);
  const password = config.password && 'value' in config.password ? config.password.value : undefined;
  return { target: { ...config, password }, database: database === '' ? undefined : database };
}

/** As in the environment, but a message names the parts of the URL. */
function readConfig(env: Record<string, string>, name: string, refuse: (problem: string) => ConfigError) {
  const read = readEnvironment(env, name);
  const config = readPostgresConfig(read);
  try {
    read.done();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const words = { ...PARAMETERS, port: 'POSTGRES_PORT', user: 'POSTGRES_USER', password: 'POSTGRES_PASSWORD' };
    const told = Object.entries(words).reduce(
      (text, [word, variable]) => text.replaceAll(variable, word),
      error.problem,
    );
    throw refuse(told);
  }
  return config;
}
