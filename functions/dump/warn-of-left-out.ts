import type { Logger } from 'pino';
import type { LeftOut } from '../../layers/backup/left-out.ts';

const NO_MATCH = 'a pattern matches nothing: nothing is left out or named by it';
const NO_MATCH_HINT =
  'a table without a schema is looked for on the search path of the role: write schema.table; names with capital letters need double quotes; the rows of a partitioned table are in its partitions';
const NEEDS = 'the archive needs what the dump leaves out: a restore will fail there';
const NEEDS_HINT = 'leave these out too, or nothing that they need';

/** Says what patterns did not do, and what they break; what they left out is a fact of the dump. */
export function warnOfLeftOut(log: Logger, facts: object, leftOut: LeftOut | undefined): void {
  if (leftOut === undefined) return;
  const { patterns, schemas, relations, rows, largeObjects, needs } = leftOut;
  const figures = { schemas: schemas.length, relations: relations.length, rows: rows.length, largeObjects };
  log.info({ ...facts, patterns, leftOut: figures }, 'the dump leaves something out');
  for (const { variable, pattern } of patterns.filter(({ matched }) => matched === 0)) {
    log.warn({ ...facts, variable, pattern, hint: NO_MATCH_HINT }, NO_MATCH);
  }
  if (needs.length > 0)
    log.warn({ ...facts, needs: needs.slice(0, MOST_NEEDS), count: needs.length, hint: NEEDS_HINT }, NEEDS);
}

const MOST_NEEDS = 10;
