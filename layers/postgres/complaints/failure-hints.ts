import { relationName } from '../../backup/comparison.ts';
import { lostPath } from './hints.ts';

/** What is known of a database whose backup could not be restored. */
export interface FailedDatabase {
  /** Names of the extensions that it has. */
  readonly extensions: readonly string[];
  /** Its CHECK constraints that depend on when they are checked. */
  readonly timeChecks: readonly { readonly schema: string; readonly name: string; readonly constraint: string }[];
}

/**
 * What a person can do in the original database about a backup that cannot be restored; undefined if nothing is known. Pure.
 *
 * @param problem - what pg_restore said
 */
export function failureHint(problem: string, { extensions, timeChecks }: FailedDatabase): string | undefined {
  const [, index] = DUPLICATES.exec(problem) ?? [];
  if (index !== undefined) return duplicates(index, extensions.includes('amcheck'));
  const [, constraint] = BROKEN_CHECK.exec(problem) ?? [];
  if (constraint !== undefined) {
    const ofTime = timeChecks.find((one) => one.constraint === constraint);
    return ofTime ? dependsOnTime(constraint, relationName(ofTime)) : brokenCheck(constraint);
  }
  const [, key] = ORPHANS.exec(problem) ?? [];
  if (key !== undefined) return orphans(key);
  return lostPath(problem);
}

/** Up to the end of the line, or to what follows: servers do not double the quotes that a name holds. */
const NAME = '"([^\\n]*?)"(?:$| of relation )';
const said = (...words: readonly string[]) => new RegExp(`ERROR: +(?:${words.join('|')}) ${NAME}`, 'm');
const DUPLICATES = said('could not create unique index', 'duplicate key value violates unique constraint');
const BROKEN_CHECK = said('(?:new row for|value for) [^\\n]*? violates check constraint', 'check constraint');
const ORPHANS = said('insert or update on table [^\\n]*? violates foreign key constraint');

/** @see https://www.postgresql.org/docs/current/amcheck.html */
function duplicates(index: string, hasAmcheck: boolean): string {
  const check = hasAmcheck ? '' : 'CREATE EXTENSION amcheck, then ';
  return (
    `the index ${index} of the original database is damaged: it did not notice rows that are there twice, as after an upgrade of the C library or of ICU. ` +
    `Find them with enable_indexscan, enable_indexonlyscan and enable_bitmapscan off, remove one of each, REINDEX INDEX ${index}, and back it up again; ` +
    `${check}SELECT bt_index_check(…, true) finds other damaged indexes`
  );
}

function dependsOnTime(constraint: string, relation: string): string {
  return (
    `the CHECK ${constraint} of ${relation} depends on the time: rows that were valid once are refused later, by every restore. ` +
    'Make it a trigger, or NOT VALID, in the original database; to restore this backup, bring its definitions without that constraint first'
  );
}

function brokenCheck(constraint: string): string {
  return (
    `rows of the original database break its CHECK ${constraint}: its function may have changed since, or reads other tables or settings, which a restore has not got yet. ` +
    'Correct the rows, or make it NOT VALID or a trigger, and back it up again'
  );
}

function orphans(constraint: string): string {
  return `rows of the original database break its foreign key ${constraint}, as after session_replication_role = replica or DISABLE TRIGGER: correct them, and back it up again`;
}
