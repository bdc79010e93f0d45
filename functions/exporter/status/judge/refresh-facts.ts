import type { RefreshRecord } from '../../../../layers/backup/refresh-record.ts';
import type { RefreshState } from '../../observe/refresh-states.ts';

/** A database elsewhere that is refreshed from backups. */
export interface RefreshFacts {
  readonly name: string;
  readonly from: string;
  readonly database: string;
  /** Whether its record could be read. */
  readonly known: boolean;
  /** What is in it since the last one that replaced it. */
  readonly current: RefreshRecord['current'];
  /** How the last one ended. */
  readonly last: RefreshRecord['last'];
  /** Since when one goes on, or was broken off. */
  readonly underWaySince: Date | undefined;
  readonly overdueAt: Date | undefined;
  readonly nextAt: Date | undefined;
}

export function refreshFacts({ name, from, database, record, overdueAt, nextAt }: RefreshState): RefreshFacts {
  const { current, last, underWay } = record ?? {};
  return {
    ...{ name, from, database, known: record !== undefined, current, last, overdueAt, nextAt },
    underWaySince: underWay && new Date(underWay.startedAt),
  };
}
