import type { Manifest } from '../../layers/backup/manifest.ts';
import type { ClientPrograms } from '../../layers/postgres/programs/client-programs.ts';
import type { TocEntry } from '../../layers/postgres/programs/toc.ts';
import type { PieceWork } from './piece-work.ts';
import type { TimeHad } from './time-up.ts';

/** A backup to try a restore of. */
export interface DrillRequest extends Omit<TimeHad, 'waitedMs'> {
  readonly manifest: Manifest;
  readonly client: ClientPrograms;
  readonly globals: string;
  /** The archive's table of contents. */
  readonly toc: readonly TocEntry[];
  /** The archive's bytes, from the beginning. */
  readonly bytes: () => Promise<AsyncIterable<Buffer>>;
  /** The archive as a file on this machine, where there was room for it. */
  readonly file: string | undefined;
  /** There if it is restored in pieces. */
  readonly pieces: PieceWork | undefined;
  /** Has the next run go on in pieces, as this one has no time for all at once. */
  readonly goOnInPieces?: () => Promise<void>;
  readonly signal: AbortSignal;
  readonly clock: () => Date;
  /** Called with what drills have left on the scratch server and could not be dropped: copies of somebody's data. */
  readonly onLeftover: (what: string) => void;
}
