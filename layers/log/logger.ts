import pino, { type Logger } from 'pino';
import { PgvouchError } from '../backup/errors.ts';
import { type Environment, readEnvironment } from '../settings/environment.ts';

/** Our own code logs none of these; a library's error or a request that is logged whole might. */
const SECRETS = ['password', 'secretAccessKey', 'sessionToken', 'secretKey', 'authorization', 'Authorization', 'token'];

/**
 * Opens the log: one JSON line per fact on stdout, with `time` in ISO 8601 and `level` as text. Lambda adds who and
 * where, so there is no pid and no hostname.
 *
 * @param env - `LOG_LEVEL`, `info` by default
 * @throws {@link ConfigError} if `LOG_LEVEL` is no level
 */
export function createLogger(env: Environment): Logger {
  const read = readEnvironment(env, 'the log');
  const chosen = read.get('LOG_LEVEL');
  read.done();
  return pino({
    level: chosen,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[hidden]' },
    serializers: { err: describeError },
  });
}

/** Our errors say everything in their own fields; any other is a surprise, and is logged with its stack. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error instanceof PgvouchError) {
    const { name, operation, subject, problem, hint } = error;
    return { type: name, operation, subject, problem, hint };
  }
  return { type: error.name, problem: error.message, stack: error.stack };
}
