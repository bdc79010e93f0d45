/** Each error names the operation, its subject, the problem, and what to do about it. */
export interface ErrorFacts {
  /** The operation in the words of the design: `dump`, `put manifest`, `read configuration`. */
  readonly operation: string;
  /** What it was done to: a database, a key, a variable. */
  readonly subject?: string;
  /** What went wrong, without a password in it. */
  readonly problem: string;
  /** What the person who must act can do. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Splits a message from the hint that travels in it; Lambda's failure record keeps nothing but the message. */
const HINT_MARK = '\nHint: ';

/**
 * The base of the five errors. They differ in who must act.
 * The message alone carries everything, because it is all that survives Lambda's `onFailure` destination.
 */
export abstract class PgvouchError extends Error {
  readonly operation: string;
  readonly subject: string | undefined;
  readonly problem: string;
  readonly hint: string | undefined;

  constructor(facts: ErrorFacts) {
    const problem = withinRecord(facts.problem);
    const what = facts.subject === undefined ? facts.operation : `${facts.operation} ${facts.subject}`;
    super(`${what}: ${problem}${facts.hint === undefined ? '' : HINT_MARK + facts.hint}`, { cause: facts.cause });
    this.operation = facts.operation;
    this.subject = facts.subject;
    this.problem = problem;
    this.hint = facts.hint;
    // An own, fixed name: bundlers rename classes, and the name is the errorType that people and alerts see.
    this.name = 'PgvouchError';
  }
}

/**
 * Characters. A message travels twice in the record of a failure, by itself and in its stack, and Lambda loses a record of
 * more than 1 MB (256 kB, until 2025): a longer one would silence the alarm.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const LONGEST_PROBLEM = 30_000;

/** Keeps the beginning and the end: the reason stands in one of them. */
function withinRecord(problem: string): string {
  const left = problem.length - LONGEST_PROBLEM;
  if (left <= 0) return problem;
  const half = LONGEST_PROBLEM / 2;
  return `${problem.slice(0, half)} … (${left} characters left out) … ${problem.slice(-half)}`;
}

/** Who deploys must act: a variable is missing or malformed, a bucket does not exist, a program is not there. */
export class ConfigError extends PgvouchError {
  override name = 'ConfigError';
}

/** Who sends events must act: the event is not for us. */
export class EventError extends PgvouchError {
  override name = 'EventError';
}

/** Facts of an error that one of our child processes ended in. */
export interface DumpErrorFacts extends ErrorFacts {
  readonly exitCode?: number | null;
  readonly signal?: string | null;
}

/** The database's owner must act: the server, its permissions or pg_dump failed. */
export class DumpError extends PgvouchError {
  override name = 'DumpError';
  readonly exitCode: number | null;
  readonly signal: string | null;

  constructor(facts: DumpErrorFacts) {
    super(facts);
    this.exitCode = facts.exitCode ?? null;
    this.signal = facts.signal ?? null;
  }
}

/** The storage's owner must act: the bucket refused, failed, or holds what it should not. */
export class VaultError extends PgvouchError {
  override name = 'VaultError';
}

/** The operator must act: what was asked for would give up what must be kept. */
export class PolicyError extends PgvouchError {
  override name = 'PolicyError';
}

/** Takes a message apart again: what went wrong, and the hint if it carried one. */
export function splitHint(message: string): { problem: string; hint?: string } {
  const at = message.lastIndexOf(HINT_MARK);
  return at < 0 ? { problem: message } : { problem: message.slice(0, at), hint: message.slice(at + HINT_MARK.length) };
}

/** The text of anything thrown, for one of our messages. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node reports a refused connection to several addresses as an AggregateError with an empty message.
  if (error.message === '' && error instanceof AggregateError) return error.errors.map(textOf).join('; ');
  return error.message === '' ? error.name : error.message;
}
