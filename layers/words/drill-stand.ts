import type { DrillStand } from '../backup/drill-progress.ts';
import { count } from './counts.ts';
import { stampUtc } from './instants.ts';

/** `3 of 7 pieces came back equal, in 2 runs since 2026-11-23 02:00 UTC` */
export function drillStandWords({ runs, startedAt, ...stand }: DrillStand): string {
  return `${piecesOf(stand)} came back equal, in ${count(runs, 'run')} since ${stampUtc(startedAt)}`;
}

/** The same in a table's cell: `drill: 3 of 7 pieces done`. */
export function drillStandNote(stand: DrillStand): string {
  return `drill: ${piecesOf(stand)} done`;
}

function piecesOf({ proved, pieces }: Pick<DrillStand, 'proved' | 'pieces'>): string {
  return pieces === undefined ? count(proved, 'piece') : `${proved} of ${count(pieces, 'piece')}`;
}
