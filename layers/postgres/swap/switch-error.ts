import pg from 'pg';
import { DumpError } from '../../backup/errors.ts';

/** Why a database did not take another's name. */
export interface SwitchFailure {
  readonly error: unknown;
  /** Whether it was COMMIT that failed. */
  readonly atCommit: boolean;
}

/** A switch that the server may have done: the connection broke before its answer came. */
export class SwitchUnknown extends DumpError {}

/** What is said of it, and which database is in use then. Pure. */
export function switchError(
  { name, old }: { readonly name: string; readonly old: { readonly name: string } | undefined },
  problem: string,
  { error, atCommit }: SwitchFailure,
): DumpError {
  const facts = { operation: 'switch to the new', subject: `"${name}"`, cause: error };
  if (atCommit && !isRefusal(error)) {
    return new SwitchUnknown({
      ...{ ...facts, problem: `the connection broke before the server answered COMMIT: ${problem}` },
      hint: `it is not known whether the new one is in use. It is if the server has a database "${old?.name ?? name}"; the next refresh clears up`,
    });
  }
  return new DumpError({
    ...{ ...facts, problem },
    hint: 'the old one is in use as before; to end sessions of other roles, the role needs pg_signal_backend, which cannot end those of superusers',
  });
}

/** Whether the server itself refused, and did not just go: class 57 of SQLSTATE is an operator's intervention. */
function isRefusal(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code?.startsWith('57') !== true;
}
