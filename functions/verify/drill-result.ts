import type { Drill } from '../../layers/backup/verdict.ts';
import { count } from '../../layers/words/counts.ts';

export interface DrillResult {
  readonly verdict: 'restorable' | 'unrestorable' | 'readable';
  readonly reasons: readonly string[];
  readonly drill: Drill | undefined;
}

/**
 * What a restore that was compared comes to. Pure.
 *
 * @param lacking - what the scratch server lacked, a sentence each
 * @param differences - from the manifest, a sentence each
 * @param remarks - further sentences that belong to the verdict
 */
export function comparedResult(
  lacking: readonly string[],
  differences: readonly string[],
  remarks: readonly string[],
  facts: Drill,
): DrillResult {
  if (lacking.length > 0) {
    return { verdict: 'readable', reasons: [...lacking, theRest(differences), ...remarks], drill: facts };
  }
  if (differences.length > 0) return differing(differences, facts);
  return { verdict: 'restorable', reasons: [told(facts), ...remarks], drill: facts };
}

/** Nothing was found out about a restore. */
export function readable(reason: string): DrillResult {
  return { verdict: 'readable', reasons: [reason], drill: undefined };
}

/** What came back is not what was recorded. */
export function differing(differences: readonly string[], facts?: Drill): DrillResult {
  return unrestorable(some(differences), facts);
}

export function unrestorable(reasons: readonly string[], facts?: Drill): DrillResult {
  return { verdict: 'unrestorable', reasons, drill: facts };
}

function told({ compared, pieces }: Drill): string {
  const { tables, rows, sequences, objects } = compared;
  const how = pieces === undefined ? 'Restored' : `Restored in ${count(pieces.count, 'piece')}`;
  return `${how} and compared equal: ${tables} tables with ${rows} rows, ${sequences} sequences, ${objects} objects.`;
}

function theRest(differences: readonly string[]): string {
  if (differences.length === 0) return 'Everything else was restored and compared equal.';
  return `Other things compared unequal, perhaps for that reason (${differences.length}): ${some(differences).join(' ')}`;
}

function some(differences: readonly string[]): string[] {
  const shown = differences.slice(0, 20);
  return differences.length > shown.length ? [...shown, `And ${differences.length - shown.length} more.`] : shown;
}
