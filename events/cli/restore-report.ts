import type { RestoreReport } from '../../functions/by-hand/restore/restore.ts';
import { count } from '../../layers/words/counts.ts';
import { duration } from '../../layers/words/spans.ts';

/** Told one by one; beyond, only how many there are. */
const MOST_DIFFERENCES = 20;

/** What a restore came to, for people: equal or not is the first thing said. */
export function describeReport(report: RestoreReport): string {
  const { differences, compared, globalsRefused, tables } = report;
  const where = `"${report.database}" on PostgreSQL ${report.serverVersion}`;
  const took = `in ${duration(report.restoreMs)}, ${count(report.jobs, 'job')} of pg_restore ${report.client}`;
  const shown = differences.slice(0, MOST_DIFFERENCES);
  return [
    `restored ${tables === null ? '' : `${tables.join(', ')} `}into ${where} ${took}`,
    differences.length === 0
      ? `compared equal with the manifest: ${describeCompared(compared, tables !== null)}`
      : `DIFFERS from the manifest in ${count(differences.length, 'point')}:`,
    ...shown.map((difference) => `  ${difference}`),
    ...(differences.length > shown.length ? [`  And ${differences.length - shown.length} more.`] : []),
    ...(tables === null
      ? []
      : ['the indexes, constraints, defaults and triggers of these tables were not restored: create them yourself']),
    ...(globalsRefused ?? []).map((refused) => `! globals: ${refused}`),
  ].join('\n');
}

function describeCompared(compared: RestoreReport['compared'], onlyTables: boolean): string {
  const { tables, rows, sequences, objects, largeObjects, fingerprints } = compared;
  const contents = fingerprints > 0 ? `, the contents of ${count(fingerprints, 'table')}` : '';
  const data = `${count(tables, 'table')} with ${count(rows, 'row')}${contents}`;
  if (onlyTables) return data;
  return `${data}, ${count(sequences, 'sequence')}, ${count(objects, 'object')}, ${count(largeObjects, 'large object')}`;
}
