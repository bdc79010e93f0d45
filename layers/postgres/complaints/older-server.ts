import type { Complaint } from './listen.ts';

/** The first major that knows `transaction_timeout`, and of the pg_restore that sets it, whatever the server. */
export const KNOWS_TRANSACTION_TIMEOUT = 17;

/** By what is not translated: the server speaks its own language. Of parallel jobs each says it once. */
const EXPECTED = /could not execute query: [^\n]*transaction_timeout[^\n]*\nCommand was: SET transaction_timeout = 0;/;
const UNEXPECTED = /could not execute query: (?![^\n]*transaction_timeout)|COPY failed for table /;

/**
 * Whether a server older than 17 complains of what every pg_restore 17 or newer sets, and of nothing else.
 *
 * @see src/bin/pg_dump/pg_backup_archiver.c, _doSetFixedOutputState: set on every connection, without a look at the
 *   server's version
 */
export function isExpectedOfOlderServers({ said, command }: Complaint): boolean {
  const text = `${said}\nCommand was: ${command}`;
  return EXPECTED.test(text) && !UNEXPECTED.test(text);
}
