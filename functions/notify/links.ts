import { readBadVerdict } from '../../layers/backup/bad-verdict.ts';
import type { FailureRecord } from '../../layers/backup/failure.ts';

/** Where people find more, as far as that is configured. */
export interface LinkConfig {
  /** Of several servers, the one that messages are about. */
  readonly server?: string | undefined;
  /** The public address of the status page. */
  readonly statusUrl: string | undefined;
  /** The public address of docs/runbook.md. */
  readonly runbookUrl: string | undefined;
}

export interface Links {
  readonly status?: string;
  readonly runbook: string;
}

/** Where to look, and what to do. Without a URL for the runbook its file and section are named. */
export function linksFor(failure: FailureRecord, { server, statusUrl, runbookUrl }: LinkConfig): Links {
  const section = runbookSection(failure);
  const runbook =
    runbookUrl === undefined ? `docs/runbook.md, section ${section}` : `${runbookUrl}#${section.toLowerCase()}`;
  const status = statusUrl === undefined ? undefined : statusOf(statusUrl, server);
  return { ...(status !== undefined && { status }), runbook };
}

/** The status page, of several servers that of one. */
export function statusOf(statusUrl: string, server: string | undefined): string {
  if (server === undefined || !URL.canParse(statusUrl)) return statusUrl;
  const url = new URL(statusUrl);
  url.searchParams.set('server', server);
  return url.href;
}

/** The runbook has one section an alert. */
function runbookSection({ function: name, error }: FailureRecord): string {
  if (name === 'verify') return readBadVerdict(error.problem) ? 'BackupCorrupt' : 'BackupUnproved';
  if (name.startsWith('refresh')) return 'RefreshStale';
  return OF_CLUSTERS[name] ?? 'BackupFailed';
}

const OF_CLUSTERS: Partial<Record<string, string>> = {
  wal: 'WalArchiveStalled',
  base: 'BaseMissed',
  recovery: 'RecoveryDrillStale',
};
