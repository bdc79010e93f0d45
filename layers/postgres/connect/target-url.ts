import { ConfigError } from '../../backup/errors.ts';
import { readConnectionString, STRING_PARAMETERS } from '../../settings/connection-string.ts';
import { type Environment, readEnvironment } from '../../settings/environment.ts';
import { readPostgresConfig } from './config.ts';
import type { ConnectionTarget } from './target.ts';

/** A server and a database on it. */
export interface UrlTarget {
  readonly target: ConnectionTarget;
  /** Undefined where the URL names none. */
  readonly database: string | undefined;
}

/**
 * Reads a connection string of one server: `postgres://user:password@host:5432/database?sslmode=require`, or pairs.
 *
 * @param others - variables that say what it does not
 * @param name - what the URL was given as, for the message: `DRILL_DATABASE_URL`
 * @throws {@link ConfigError} naming what is wrong; never with the URL, which holds a password
 */
export function readTargetUrl(text: string, name: string, others: Environment = {}): UrlTarget {
  const refuse = (problem: string) =>
    new ConfigError({
      operation: 'read',
      subject: name,
      problem,
      hint: 'use postgres://user:password@host:5432/database?sslmode=require, with special characters percent-encoded',
    });
  const { variables, database } = readConnectionString(text, refuse);
  const said = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const { hosts, targetSessionAttrs, password: source, ...rest } = readConfig({ ...others, ...said }, name, refuse);
  const [only = { host: '', port: 0 }] = hosts;
  if (hosts.length > 1 || targetSessionAttrs !== 'any') {
    throw refuse('it leaves open which server is meant: give one host, without target_session_attrs');
  }
  const password = source && 'value' in source ? source.value : undefined;
  return { target: { ...rest, ...only, password }, database: database === '' ? undefined : database };
}

/** As in the environment, but a message names the parts of the URL. */
function readConfig(env: Environment, name: string, refuse: (problem: string) => ConfigError) {
  const read = readEnvironment(env, name);
  const config = readPostgresConfig(read);
  try {
    read.done();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const inWords = Object.entries(STRING_PARAMETERS).reduce(
      (text, [word, variable]) => text.replaceAll(variable, word),
      error.problem,
    );
    throw refuse(inWords);
  }
  return config;
}
