import type { RestoreReport } from '../../layers/restoring/restore.ts';
import { count } from '../../layers/words/counts.ts';
import { duration } from '../../layers/words/spans.ts';

/** So many are listed one by one; of more, only the number. */
const MOST_TOLD = 20;

/** What a restore came to, for people: equal or not is the first thing said. */
export function describeReport(report: RestoreReport): string {
  const { differences, compared, globalsRefused, leftOut, hints, lost, tables, partial, uncompared, remarks } = report;
  const where = `"${report.database}" on PostgreSQL ${report.serverVersion}`;
  const took = `in ${duration(report.restoreMs)}, ${count(report.jobs, 'job')} of pg_restore ${report.client}`;
  return [
    `restored ${tables === null ? '' : `${tables.join(', ')} `}into ${where} ${took}`,
    differences.length === 0
      ? `compared equal with the manifest: ${describeCompared(compared, tables !== null)}`
      : `DIFFERS from the manifest in ${count(differences.length, 'point')}:`,
    ...some(differences),
    ...(leftOut.length === 0 ? [] : [`LEFT OUT (${leftOut.length}):`]),
    ...some(leftOut),
    ...hints.map((hint) => `Hint: ${hint}`),
    ...(tables === null || report.complete ? [] : [WITHOUT_PARTS]),
    ...(lost.length === 0 ? [] : [`lost, because the backup does not hold it (${lost.length}):`, ...some(lost)]),
    describeStatistics(report),
    ...(partial === '' ? [] : [`the backup is partial: ${partial}`]),
    ...(globalsRefused ?? []).map((refused) => `! globals: ${refused}`),
    ...[...uncompared, ...remarks].map((remark) => `! ${remark}`),
  ].join('\n');
}

const WITHOUT_PARTS =
  'the indexes, constraints, defaults and triggers of these tables were not restored: create them yourself, or use --complete';

function describeStatistics({ analyzed, notAnalyzed }: RestoreReport): string {
  if (analyzed) return "collected the planner's statistics (ANALYZE)";
  const why = notAnalyzed === undefined ? '' : `: ${notAnalyzed}`;
  return `! without the planner's statistics, queries may be slow: run ANALYZE${why}`;
}

function some(lines: readonly string[]): string[] {
  const shown = lines.slice(0, MOST_TOLD).map((line) => `  ${line}`);
  return lines.length > shown.length ? [...shown, `  And ${lines.length - shown.length} more.`] : shown;
}

/** What was compared, in numbers. */
export function describeCompared(compared: RestoreReport['compared'], onlyTables: boolean): string {
  const { tables, rows, sequences, objects, largeObjects, fingerprints } = compared;
  const contents = fingerprints > 0 ? `, the contents of ${count(fingerprints, 'table')}` : '';
  const data = `${count(tables, 'table')} with ${count(rows, 'row')}${contents}`;
  if (onlyTables) return data;
  return `${data}, ${count(sequences, 'sequence')}, ${count(objects, 'object')}, ${count(largeObjects, 'large object')}`;
}
