import type { Verdict } from './verdict.ts';

/**
 * What of a verdict may be said in the open, of a backup that is sealed: what servers complain of may hold rows, and what
 * stands in quotes is a name. Pure. The log has it whole.
 */
export function withoutContents<V extends Pick<Verdict, 'reasons' | 'drill'>>(verdict: V): V {
  const { drill } = verdict;
  const pieces = drill?.pieces && { ...drill.pieces, unchecked: drill.pieces.unchecked.map(() => WITHHELD) };
  return {
    ...verdict,
    reasons: verdict.reasons.map(outline),
    ...(drill && pieces && { drill: { ...drill, pieces } }),
  };
}

const WITHHELD = '…';

function outline(reason: string): string {
  const [line = ''] = reason.split('\n');
  return line
    .replace(/\b(ERROR|FATAL|PANIC|WARNING|DETAIL|HINT|CONTEXT):.*$/, `$1: ${WITHHELD}`)
    .replace(/^(The backup is partial): .*$/, `$1: ${WITHHELD}`)
    .replace(/"(?:[^"]|"")*"/g, `"${WITHHELD}"`);
}
