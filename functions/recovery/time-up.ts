import { ConfigError, textOf, VaultError } from '../../layers/backup/errors.ts';
import { isTimeUp } from '../../layers/deadline/deadline.ts';
import { drillBytes, type OutOfTime, parseOutOfTime, takesTooLong } from '../../layers/wal/drill-time.ts';
import { drillTimeKey } from '../../layers/wal/keys.ts';
import { bytes } from '../../layers/words/sizes.ts';
import { span } from '../../layers/words/spans.ts';
import type { RecoveryDeps } from './deps.ts';
import type { BaseDrill } from './drill.ts';

const REMEDY =
  'on AWS deploy with RECOVERY_ON=fargate, which recovers in a task; elsewhere raise RECOVERY_TIMEOUT. After a newer full base backup there is less WAL to replay';

/** To leave word of it, of the ten seconds that a deadline keeps back. */
const RECORD_MS = 5_000;

type TimedDeps = Pick<RecoveryDeps, 'vault' | 'log' | 'clock' | 'limitMs'>;

/**
 * The last drill of the cluster that ran out of time, if one of this base backup would, too.
 *
 * @returns undefined if it may end in time, or nobody knows
 */
export async function knownTooLong(
  { vault, log, clock, limitMs }: TimedDeps,
  drill: Pick<BaseDrill, 'start' | 'chain' | 'way' | 'signal'>,
): Promise<OutOfTime | undefined> {
  if (limitMs === undefined) return undefined;
  const key = drillTimeKey(vault.prefix, drill.start.base.systemIdentifier);
  try {
    const text = await vault.getText(key, drill.signal);
    const last = text === undefined ? undefined : parseOutOfTime(text, key);
    return last && takesTooLong(last, { workBytes: workOf(drill), limitMs }, clock()) ? last : undefined;
  } catch (error) {
    if (!(error instanceof VaultError || error instanceof ConfigError)) throw error;
    log.warn({ err: error, key }, 'nobody knows whether the last drill ran out of time');
    return undefined;
  }
}

/** Does a part of a drill. If its time is up, the next run knows. */
export async function timed<T>(
  deps: TimedDeps,
  drill: BaseDrill,
  tried: OutOfTime['tried'],
  work: () => Promise<T>,
): Promise<T> {
  const beganAt = deps.clock().getTime();
  try {
    return await work();
  } catch (error) {
    if (deps.limitMs !== undefined && isTimeUp(drill.signal)) await record(deps, drill, tried, beganAt);
    throw error;
  }
}

/** Why no recovery is tried that ran out of time, a sentence. */
export function tooLongWords({ at, tookMs, workBytes }: OutOfTime): string {
  return `No recovery was tried: the drill of ${at} ran out of time after ${span(tookMs)}, with ${bytes(workBytes)} of files and WAL. To have it tried, ${REMEDY}.`;
}

/** Nothing can be found out in the time of a run. */
export function neverEnds({ base }: BaseDrill['start'], { at, tookMs, workBytes }: OutOfTime): ConfigError {
  return new ConfigError({
    operation: 'recovery drill',
    subject: `of cluster ${base.systemIdentifier}`,
    problem: `not begun: on ${at} even reading ${bytes(workBytes)} of files and WAL took longer than ${span(tookMs)}`,
    hint: REMEDY,
  });
}

async function record(
  { vault, log, clock }: TimedDeps,
  drill: BaseDrill,
  tried: OutOfTime['tried'],
  beganAt: number,
): Promise<void> {
  const { systemIdentifier, startedAt } = drill.start.base;
  const now = clock();
  const outOfTime: OutOfTime = {
    ...{ format: 'pgvouch/drill-out-of-time', formatVersion: 1, systemIdentifier, startedAt },
    ...{ at: now.toISOString(), tried, tookMs: Math.max(1, now.getTime() - beganAt), workBytes: workOf(drill) },
  };
  const key = drillTimeKey(vault.prefix, systemIdentifier);
  try {
    await vault.put(key, `${JSON.stringify(outOfTime, null, 2)}\n`, AbortSignal.timeout(RECORD_MS));
  } catch (error) {
    log.warn({ err: error, key }, `the next run will not know that the time was up: ${textOf(error)}`);
  }
}

function workOf({ chain, way, start }: Pick<BaseDrill, 'start' | 'chain' | 'way'>): number {
  return drillBytes(chain, way.stretch.objects.length, start.base.segmentSizeBytes);
}
