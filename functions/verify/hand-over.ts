import type { Logger } from 'pino';
import { type VerifyAs, verifyEvent } from '../../events/verify-fired.ts';
import type { BackupName } from '../../layers/backup/keys.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import { isSealed, type StoredManifest } from '../../layers/backup/sealed-manifest.ts';
import { serverNeeds } from '../../layers/backup/server-needs.ts';
import { lacksAtHand } from '../../layers/scratch/choose-server.ts';
import type { TaskPlace } from '../../layers/settings/task-variables.ts';
import { MOST_READ_BYTES, startTask } from '../../layers/tasks/start-task.ts';
import { clusterBytes, type DrillPlace, freeForDrill } from './scratch.ts';

/** A backup that may be for a task. */
export interface HandOverRequest {
  readonly name: BackupName;
  /** One that is sealed says nothing of what a scratch server needs. */
  readonly manifest: StoredManifest;
  readonly as: VerifyAs;
  /** Whether a drill of it was begun, which one run had no time for. */
  readonly underWay: boolean;
}

/** The task that gets what is too large for this function. */
export interface LargerTask {
  readonly place: TaskPlace;
  /** Databases of this size and above go there, whatever there is room for here. */
  readonly fromBytes: number | undefined;
  /** Those that its scratch servers have, and the one here has no room for. */
  readonly extensions: readonly string[];
}

/**
 * Hands a backup over to a task if this function has no disk, no time or no server for it.
 *
 * @returns whether it did. A task that is at it already is left to it
 * @throws {@link ConfigError} if the task does not start
 */
export async function handOver(
  { place, fromBytes, extensions }: LargerTask,
  { name, manifest, as, underWay }: HandOverRequest,
  drillPlace: DrillPlace | undefined,
  log: Logger,
): Promise<boolean> {
  const hasOwnDisk = drillPlace !== undefined && drillPlace.server === undefined;
  const freeBytes = hasOwnDisk ? freeForDrill(drillPlace) : undefined;
  const needs = hasOwnDisk && !isSealed(manifest) ? serverNeeds(manifest) : undefined;
  const lacks = needs && drillPlace ? lacksAtHand(drillPlace.installations, needs) : [];
  const lacking = lacks.filter((name) => extensions.includes(name));
  const why = whyTask(manifest, { freeBytes, fromBytes, underWay, lacking });
  if (why === undefined) return false;
  const event = verifyEvent(name, as);
  const task = await startTask(place, event);
  const facts = { database: name.database, firedAt: name.firedAt.toISOString(), why, task };
  log.info(facts, task === undefined ? 'a task verifies it already' : 'a task verifies it');
  return true;
}

/** Why a backup is for a task, for the log; undefined if it is not. Pure. */
export function whyTask(
  {
    source,
    archive,
  }: {
    readonly archive: Pick<Manifest['archive'], 'sizeBytes'>;
    readonly source: Pick<Manifest['source'], 'sizeBytes'>;
  },
  here: Pick<LargerTask, 'fromBytes'> & {
    /** For a drill; undefined where none is held on this disk. */
    readonly freeBytes: number | undefined;
    readonly underWay: boolean;
    /** What the server here lacks, and the task has. */
    readonly lacking: readonly string[];
  },
): string | undefined {
  const { freeBytes = Number.POSITIVE_INFINITY, fromBytes = Number.POSITIVE_INFINITY, underWay, lacking } = here;
  if (source.sizeBytes >= fromBytes) return 'the database is of the size that is for a task';
  if (clusterBytes({ source }) > freeBytes) return 'the database has no room here';
  if (archive.sizeBytes > MOST_READ_BYTES) return 'the archive is too large to be read in time';
  if (lacking.length > 0) return `the scratch server here lacks ${lacking.join(', ')}`;
  return underWay ? 'one run had no time for its drill' : undefined;
}
