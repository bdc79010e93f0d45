import { DumpError } from '../../backup/errors.ts';

/** Judges what a pg_restore without `--exit-on-error` complains of. */
export interface Complaints {
  take(chunk: Buffer): void;
  /** Aborts, with what was said, at the first complaint that is not the expected one. */
  readonly signal: AbortSignal;
  /** Whether the server's not knowing `transaction_timeout` is all that was complained of. */
  areExpected(): boolean;
}

/** The first major that knows `transaction_timeout`, and of the pg_restore that sets it, whatever the server. */
export const KNOWS_TRANSACTION_TIMEOUT = 17;

/** By what is not translated: the server speaks its own language. Of parallel jobs each says it once. */
const EXPECTED = /could not execute query: [^\n]*transaction_timeout[^\n]*\nCommand was: SET transaction_timeout = 0;/g;
const UNEXPECTED = /could not execute query: (?![^\n]*transaction_timeout)[^\n]*\n|error: COPY failed [^\n]*\n/;
/** Far more than the expected complaints of all jobs together. */
const MOST_BYTES = 100_000;

/**
 * Watches a pg_restore 17 or newer restoring into an older server.
 *
 * @see src/bin/pg_dump/pg_backup_archiver.c, _doSetFixedOutputState: set on every connection, without a look at the
 *   server's version
 */
export function watchComplaints(): Complaints {
  const stop = new AbortController();
  let said = '';
  return {
    signal: stop.signal,
    take(chunk) {
      if (said.length < MOST_BYTES) said += chunk.toString('utf8');
      const [unexpected] = UNEXPECTED.exec(said) ?? [];
      if (unexpected === undefined || stop.signal.aborted) return;
      stop.abort(new DumpError({ operation: 'restore', problem: `pg_restore: ${unexpected.trim()}`, exitCode: 1 }));
    },
    areExpected() {
      const expected = said.match(EXPECTED)?.length ?? 0;
      // Lines of parallel jobs may run into one another, but no error comes without this mark.
      const errors = said.match(/\berror: /g)?.length ?? 0;
      return !stop.signal.aborted && said.length < MOST_BYTES && expected > 0 && errors === expected;
    },
  };
}

/** What is left to complain of. */
export function withoutExpected(said: string): string {
  return said.replace(new RegExp(`pg_restore: error: ${EXPECTED.source}\\n?`, 'g'), '');
}
