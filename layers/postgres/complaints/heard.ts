import { DumpError } from '../../backup/errors.ts';

/** Far more than all complaints of a restore that ends at the first. */
const MOST_BYTES = 200_000;

/** Keeps what pg_restore complains of, as it comes. */
export function keepComplaints() {
  let said = Buffer.alloc(0);
  return {
    take(chunk: Buffer): void {
      if (said.length < MOST_BYTES) said = Buffer.concat([said, chunk]);
    },
    /** Each a line, and with the server's DETAIL a second one. */
    all: () => Array.from(said.toString('utf8').matchAll(COMPLAINT), ([, line = '', detail = '']) => line + detail),
  };
}

/** Of parallel jobs, the beginning of one line may stand before another, so that the rest of it has a part of one, or none. */
const COMPLAINT =
  /^(?:(?! {2})(?:pg_restore:| )*error: (?:pg_restore:|error: | )*|(?=could not execute query: |COPY failed for table "))([^\n]*)(\nDETAIL: [^\n]*)?/gm;

const LONGEST_LINE = 300;

/** The first thing that went wrong, without the list of what was under way. */
export function firstComplaint(problem: string): string {
  const lines = problem.split('\n').map((line) => line.slice(0, LONGEST_LINE));
  const first = lines.findIndex((line) => /\berror: /.test(line));
  if (first < 0) return lines.join('; ');
  const command = lines.slice(first + 1).find((line) => line.startsWith('Command was: '));
  const text = lines[first]?.replace(/^.*?\berror: /, 'pg_restore: ') ?? '';
  return command === undefined ? text : `${text} (${command.trim()})`;
}

/** With `--exit-on-error` the first complaint is the reason, and the command that follows it may be long. */
const BEGINNING_BYTES = 4096;
const LONGEST_COMMAND = 500;

/** Keeps the beginning of what a program says. */
export function keepBeginning() {
  let kept = Buffer.alloc(0);
  return {
    take(chunk: Buffer) {
      if (kept.length < BEGINNING_BYTES) kept = Buffer.concat([kept, chunk]).subarray(0, BEGINNING_BYTES);
    },
    text: () => kept.toString('utf8').trim(),
  };
}

/** An error holds the end of what was said; where that cut the complaint off, its beginning is put in its place. */
export function withFirstComplaint(error: DumpError, said: string): DumpError {
  if (error.problem.includes(said)) return error;
  const start = Math.max(0, said.indexOf('pg_restore: error: '));
  const command = said.indexOf('\nCommand was: ', start);
  const end = command < 0 ? said.length : command + LONGEST_COMMAND;
  const { operation, subject = '', exitCode, signal } = error;
  const problem = `pg_restore exited with code ${exitCode}: ${said.slice(start, end)} …`;
  return new DumpError({ operation, subject, problem, exitCode, signal, cause: error });
}
