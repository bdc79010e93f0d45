import type { BaseVerdict } from '../../layers/wal/base-verdict.ts';
import { formatLsn } from '../../layers/wal/lsn.ts';
import { segmentStart } from '../../layers/wal/segments.ts';
import type { StoredBase } from '../../layers/wal/stored-base.ts';

/** What a drill found out, before it is dated and signed. */
export type Finding = Pick<BaseVerdict, 'verdict' | 'reasons' | 'goodUntil' | 'recovered' | 'checked' | 'compared'>;

export function corrupt(reason: string, facts: Partial<Finding> = {}): Finding {
  return { ...facts, verdict: 'corrupt', reasons: [reason, ...(facts.reasons ?? [])] };
}

export function readable(reasons: readonly string[], facts: Partial<Finding> = {}): Finding {
  return { ...facts, verdict: 'readable', reasons: [...reasons, ...(facts.reasons ?? [])] };
}

/** Sealed, and nobody can open it here. */
export function intact(reasons: readonly string[]): Finding {
  return { verdict: 'intact', reasons: [...reasons] };
}

export function unrestorable(reasons: readonly string[], facts: Partial<Finding> = {}): Finding {
  return { ...facts, verdict: 'unrestorable', reasons: [...reasons, ...(facts.reasons ?? [])] };
}

/** What damaged WAL makes of a base backup: `corrupt`, from there on if it needs no more itself. */
export function fromDamage(
  { object, problem }: { readonly object: { readonly key: string; readonly number: bigint }; readonly problem: string },
  { startLsn, stopLsn }: StoredBase,
  segmentSizeBytes: number,
  facts: Partial<Finding> = {},
): Finding {
  const beginsAt = segmentStart(object.number, segmentSizeBytes);
  const from = beginsAt > startLsn ? beginsAt : startLsn;
  const reason = `The WAL is damaged from ${formatLsn(from)} on: ${object.key}: ${problem}.`;
  return corrupt(reason, { ...facts, ...(from >= stopLsn && { goodUntil: formatLsn(from) }) });
}
