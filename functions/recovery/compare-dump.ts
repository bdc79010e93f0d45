import { textOf } from '../../layers/backup/errors.ts';
import { compareAtMark } from '../../layers/backup/mark-comparison.ts';
import { saysLacking } from '../../layers/postgres/complaints/lacking.ts';
import type { ConnectionTarget } from '../../layers/postgres/connect/target.ts';
import { readAtMark } from '../../layers/postgres/contents/read-at-mark.ts';
import type { ComparedDump } from '../../layers/wal/base-verdict.ts';
import { formatLsn } from '../../layers/wal/lsn.ts';
import type { DumpOnWay } from './dumps.ts';

export interface DumpComparison {
  readonly compared: readonly ComparedDump[];
  /** Contradictions, each a sentence. */
  readonly differences: readonly string[];
  /** Why it could not be compared. */
  readonly lacking: readonly string[];
}

/** Compares a server that was recovered to a dump's position with the dump's manifest. */
export async function compareDump(
  target: ConnectionTarget,
  { manifest, mark, lsn }: DumpOnWay,
  signal: AbortSignal,
): Promise<DumpComparison> {
  const { database, firedAt, tables } = manifest;
  const nothing = { compared: [], differences: [], lacking: [] };
  try {
    const found = await readAtMark(target, database, mark, tables, signal);
    if (found === undefined) return { ...nothing, differences: [`The database "${database}" did not come back.`] };
    const { differences, changing, ...sums } = compareAtMark(tables, found.tables, found.unlogged, found.isExact);
    return {
      ...nothing,
      compared: [{ database, firedAt, lsn: formatLsn(lsn), ...sums, changing: [...changing] }],
      differences: differences.map((one) => `At the position of the dump of "${database}" from ${firedAt}: ${one}`),
    };
  } catch (error) {
    signal.throwIfAborted();
    if (!saysLacking(textOf(error))) throw error;
    return { ...nothing, lacking: [`The database "${database}" could not be looked at: ${textOf(error)}.`] };
  }
}
