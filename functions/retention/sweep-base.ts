import type { ListedObject } from '../../layers/backup/catalog.ts';
import type { ClusterReport } from '../../layers/backup/retention-report.ts';
import type { BaseEntry } from '../../layers/wal/base-entries.ts';
import { baseKey } from '../../layers/wal/keys.ts';
import type { StoredBase } from '../../layers/wal/stored-base.ts';
import { decide, giveUp, type Run } from './run.ts';
import { isStale } from './sweep.ts';

type Swept = { -readonly [K in keyof ClusterReport['swept']]: number };

/**
 * Clears what belongs to no base backup: files of an attempt that did not finish, or of another than `base.json` names, and
 * what is left beside one that is gone. Only what is older than the sweep's grace; a pin holds a whole folder.
 *
 * @param bases - those of the cluster that were read
 */
export async function sweepBase(
  run: Run,
  systemIdentifier: string,
  entry: BaseEntry,
  bases: readonly StoredBase[],
  swept: Swept,
): Promise<void> {
  const { startedAt, document, files, verdicts, marks, kept } = entry;
  if (document === undefined && files.length === 0) {
    const leftovers = [...verdicts, ...(kept ? [kept] : []), ...marks];
    if (!leftovers.every(({ modifiedAt }) => isStale(run, modifiedAt))) return;
    for (const leftover of leftovers) await sweepOne(leftover, 'its base backup is gone');
    swept.leftovers += leftovers.length;
    return;
  }
  const stored = bases.find((one) => one.startedAt.getTime() === startedAt.getTime());
  // The lifecycle has begun with it, and goes on.
  if (kept !== undefined || (document !== undefined && stored === undefined)) return;
  const orphans = files.filter(
    ({ attempt, modifiedAt }) => attempt !== stored?.base.attempt && isStale(run, modifiedAt),
  );
  if (orphans.length === 0) return;
  // One that took long may have finished since the listing.
  const key = baseKey(run.vault.prefix, { systemIdentifier, startedAt });
  if (stored === undefined && (await run.vault.getText(key)) !== undefined) return;
  for (const orphan of orphans) await sweepOne(orphan, stored ? 'from another attempt' : 'no base.json');
  swept.files += orphans.length;

  async function sweepOne({ key }: ListedObject, reason: string): Promise<void> {
    decide(run, { systemIdentifier, key, action: 'sweep', reasons: [reason] });
    await giveUp(run, [key]);
  }
}
