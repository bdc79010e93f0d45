import { isNameBeside } from '../../layers/backup/names-beside.ts';
import type { RefreshRecord } from '../../layers/backup/refresh-record.ts';
import type { Backup } from '../../layers/catalog/backups.ts';
import type { ConnectionTarget } from '../../layers/postgres/connect/target.ts';
import { lookForSwap, type SwapState } from '../../layers/postgres/swap/look.ts';
import { checkTarget } from './check-target.ts';
import { chooseProved } from './choose-proved.ts';
import { type Masking, readMasking } from './masking.ts';
import type { RefreshDeps, RefreshRequest } from './request.ts';

/** What a refresh comes to, before anything is changed. */
export interface RefreshPlan {
  readonly backup: Backup;
  readonly masking: Masking | undefined;
  readonly state: SwapState;
  /** Whether just this is there already: the backup, masked by that file. */
  readonly isThere: boolean;
  /** What earlier refreshes were broken off in. */
  readonly broken: readonly string[];
  /** What they put aside. */
  readonly kept: readonly string[];
}

/**
 * Looks at everything that a refresh takes. Nothing is changed.
 *
 * @throws {@link ConfigError} if there is no proved backup, or no masking where one is named; {@link PolicyError} and
 * {@link DumpError} if the database may not, or cannot, be replaced
 */
export async function planRefresh(
  { vault, isBackedUp }: Pick<RefreshDeps, 'vault' | 'isBackedUp'>,
  { refresh, again }: Pick<RefreshRequest, 'refresh' | 'again'>,
  target: ConnectionTarget,
  record: RefreshRecord,
): Promise<RefreshPlan> {
  const masking = readMasking(refresh.masking);
  const backup = await chooseProved(vault, refresh.from);
  const state = await lookForSwap(target, refresh.database, refresh.name);
  checkTarget(refresh, state, backup.manifest, isBackedUp);
  const { current } = record;
  const leftOf = (purpose: 'made' | 'kept') => state.left.flatMap((one) => (one.purpose === purpose ? [one.name] : []));
  return {
    ...{ backup, masking, state },
    isThere:
      !again &&
      current !== undefined &&
      current.oid === state.current?.oid &&
      current.backup.firedAt === backup.manifest.firedAt &&
      current.maskedBy === (masking?.sha256 ?? null),
    broken: [...new Set([...leftOf('made'), ...underWay(record, refresh.database)])],
    kept: leftOf('kept'),
  };
}

/** Killed before it was marked, it is known by its name alone: the record must not name just any database. */
function underWay({ underWay }: RefreshRecord, database: string): string[] {
  return underWay && isNameBeside(database, 'made', underWay.database) ? [underWay.database] : [];
}
