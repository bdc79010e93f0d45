import type { BackupName } from '../../../layers/backup/keys.ts';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import type { Verdict } from '../../../layers/backup/verdict.ts';
import type { Place } from './place.ts';

/** One run of a function under a fault: what it gave or threw; a killed one's error is what the platform would say. */
export interface Run {
  readonly function: 'dump' | 'verify' | 'retention';
  readonly manifest?: Manifest;
  readonly verdict?: Verdict;
  readonly error?: unknown;
}

/** What an injection did. */
export interface Strike {
  readonly runs: readonly Run[];
  /** Whether the fault really came about: a point that the run never reached is no injection. */
  readonly struck: boolean;
  /** Backups whose bytes the fault itself destroyed: verify must find them out. */
  readonly destroyed?: readonly BackupName[];
}

export type Point = string | number;

/** Something that goes wrong, and where in a run it can. */
export interface Fault {
  readonly name: string;
  /** Where it is injected. Numbers are shares of what a run sends and receives, or counts. */
  readonly points: readonly Point[];
  /** Those of the short form: one of each kind, and none of what a test of its own shows. */
  readonly shortPoints: readonly Point[];
  /** Whether its short points want an archive of more than one part; in the long form all have one. */
  readonly large?: boolean;
  inject(place: Place, point: Point): Promise<Strike>;
}

/** Faults that harm the same servers, and so come one after the other. */
export interface Lane {
  readonly name: string;
  readonly servers: 'shared' | 'own PostgreSQL' | 'own bucket server';
  readonly faults: readonly Fault[];
}
