import type { DatabaseReport, Deletions } from '../../../layers/backup/retention-report.ts';
import type { Observation } from '../observe/observation.ts';
import { gauge, instantOf, type Metric } from './metric.ts';

const REASONS = [
  ['policy', 'policy'],
  ['orphan', 'orphan'],
  ['unfinished_upload', 'unfinishedUpload'],
  ['leftover', 'leftover'],
  ['failure_record', 'failureRecord'],
] as const satisfies readonly (readonly [label: string, field: keyof Deletions])[];

/** What retention did. */
export const RETENTION_METRICS: readonly Metric[] = [
  gauge('retention_last_run_timestamp_seconds', 'When retention last ran; 0 if never.', ({ retention }) =>
    instantOf(retention === undefined ? undefined : (retention?.finishedAt ?? null)),
  ),
  gauge('retention_problems', "Problems that retention's last run had.", ({ retention }) => retention?.problems.length),
  ofReport(
    'retention_mass_retirement',
    '1 if the last run retired more than half of the backups, else 0.',
    ({ massRetirement }) => Number(massRetirement),
  ),
  ofReport(
    'retention_unreadable_backups',
    'Backups that the last run left alone because it could not read their manifest or mark. Retention reads all of them.',
    ({ unreadable }) => unreadable,
  ),
  ofReport(
    'retention_overdue_backups',
    "Backups tagged for removal that the bucket's lifecycle should have removed by now.",
    ({ overdue }) => overdue,
  ),
  {
    name: 'deletions_total',
    type: 'counter',
    help: 'Backups (reason policy) and objects (other reasons) that retention gave up by tagging or deleting them. An empty database label covers whatever belongs to no database.',
    labels: ['database', 'reason'],
    samples: ({ retention }) =>
      (retention?.totals?.deletions ?? []).flatMap(({ database = '', ...counts }) =>
        REASONS.map(([reason, field]) => ({ labels: { database, reason }, value: counts[field] })),
      ),
  },
];

function ofReport(name: string, help: string, value: (report: DatabaseReport) => number): Metric {
  const samples = ({ retention }: Observation) =>
    (retention?.databases ?? []).map((report) => ({ labels: { database: report.database }, value: value(report) }));
  return { name, type: 'gauge', help, labels: ['database'], samples };
}
