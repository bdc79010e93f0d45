import { LIBPQ_KEEPALIVES } from './heartbeat.ts';

/**
 * Names a database, whatever it is called, as libpq reads it.
 *
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-KEYWORD-VALUE
 */
export function connectionString(database: string): string {
  return `dbname='${database.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** The same for one of our programs, which may wait for hours: its connection is kept alive. No password belongs here. */
export function programConnection(database: string): string {
  return `${connectionString(database)} ${LIBPQ_KEEPALIVES}`;
}
