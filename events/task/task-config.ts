import { type Environment, readEnvironment } from '../../layers/settings/environment.ts';
import type { TaskName } from '../../layers/settings/functions.ts';

/**
 * Reads `PGVOUCH_EVENT`, `NOTIFY_FUNCTION` and, for verify and recovery, `VERIFY_TIMEOUT` or `RECOVERY_TIMEOUT`. dump and base
 * limit themselves (`DUMP_TIMEOUT`, `BASE_TIMEOUT`).
 *
 * @throws {@link ConfigError} with every problem at once
 */
export function readTaskConfig(env: Environment, name: TaskName) {
  const read = readEnvironment(env, `run ${name}`);
  const event = parseJson(read.required('PGVOUCH_EVENT') ?? '');
  if (read.isSet('PGVOUCH_EVENT') && event === undefined) read.problem('PGVOUCH_EVENT is not JSON');
  const limitsS = { verify: read.get('VERIFY_TIMEOUT'), recovery: read.get('RECOVERY_TIMEOUT') };
  const timeoutS = name in limitsS ? limitsS[name as keyof typeof limitsS] : Number.POSITIVE_INFINITY;
  const config = { event, notifyFunction: read.get('NOTIFY_FUNCTION'), timeoutMs: timeoutS * 1000 };
  read.done();
  return config;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
