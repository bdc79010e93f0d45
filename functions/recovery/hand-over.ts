import { formatFiredAt } from '../../layers/backup/instant.ts';
import type { StoredCluster } from '../../layers/catalog/read-cluster.ts';
import { hasOwnMajor, neededBytes, shortOfRoom } from '../../layers/recovery/scratch-needs.ts';
import type { TaskPlace } from '../../layers/settings/task-variables.ts';
import { MOST_READ_BYTES, startTask } from '../../layers/tasks/start-task.ts';
import { fullChainOf, type StoredBase } from '../../layers/wal/stored-base.ts';
import type { RecoveryDeps } from './deps.ts';
import { knownTooLong } from './time-up.ts';
import { wayFrom } from './way.ts';

/**
 * Hands a base backup over to a task if this function has no server, no disk or no time to recover with it.
 *
 * @param since - as in DrillRequest: two deliveries of one firing start one task
 * @returns whether it did. A task that is at it already is left to it
 * @throws {@link ConfigError} if the task does not start
 */
export async function handOver(
  deps: RecoveryDeps & { readonly task: TaskPlace },
  stored: StoredCluster,
  start: StoredBase,
  { since, signal }: { readonly since: Date | undefined; readonly signal: AbortSignal },
): Promise<boolean> {
  const { task: place, log } = deps;
  const chain = fullChainOf(start, stored.bases);
  // What is not all there is found out without a recovery.
  if (chain === undefined) return false;
  const way = wayFrom(stored, start);
  const { major } = start.base.server;
  const walBytes = way.stretch.objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const needed = neededBytes(chain, way.stretch.objects.length, stored.cluster.segmentSizeBytes);
  const why = whyTask({
    lacksMajor: deps.place !== undefined && !hasOwnMajor(deps.place, major) ? major : undefined,
    short: deps.place && shortOfRoom(deps.place, needed),
    readBytes: walBytes + chain.reduce((sum, { base }) => sum + storedBytes(base), 0),
    ranOutOfTime: (await knownTooLong(deps, { start, chain, way, signal })) !== undefined,
  });
  if (why === undefined) return false;
  const { systemIdentifier: cluster } = start.base;
  const event = { cluster, base: formatFiredAt(start.startedAt) };
  const task = await startTask(place, event, { ...event, since });
  log.info({ ...event, why, task }, task === undefined ? 'a task recovers with it already' : 'a task recovers with it');
  return true;
}

/** Why a drill is for a task, for the log; undefined if it is not. Pure. */
export function whyTask(here: {
  /** The cluster's major, if there is no server of it. */
  readonly lacksMajor: number | undefined;
  /** What disk is short. */
  readonly short: string | undefined;
  /** As stored. */
  readonly readBytes: number;
  readonly ranOutOfTime: boolean;
}): string | undefined {
  if (here.lacksMajor !== undefined) return `there is no scratch server of PostgreSQL ${here.lacksMajor} here`;
  if (here.short !== undefined) return here.short;
  if (here.readBytes > MOST_READ_BYTES) return 'it is too large to be read in time';
  return here.ranOutOfTime ? 'a drill here ran out of time' : undefined;
}

function storedBytes({ tablespaces, manifest }: StoredBase['base']): number {
  return tablespaces.reduce((sum, { sizeBytes }) => sum + sizeBytes, manifest.sizeBytes);
}
