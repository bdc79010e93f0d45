import {
  FUNCTION_NAMES,
  FUNCTIONS,
  type FunctionName,
  type FunctionSettings,
  successesAreAlike,
} from '../../layers/settings/functions.ts';
import { turnsOf } from '../host/found.ts';
import type { HostedFunction } from '../host/invoker.ts';
import type { ServiceConfig } from './config.ts';

/** What becomes of the functions' ends, and how many of each run at once: memory is for one drill, and one dump. */
export function hostedFunctions(config: ServiceConfig): ReadonlyMap<FunctionName, HostedFunction> {
  return new Map(
    FUNCTION_NAMES.map((key) => {
      const { maximumRetryAttempts = 0, destinations }: FunctionSettings['invoked'] = FUNCTIONS[key].invoked;
      return [
        key,
        {
          ...{ name: `pgvouch-serve-${key}`, maximumRetryAttempts, atOnce: 1 },
          ...turnsOf(key, config.dumpConcurrency),
          ...{ onFailure: destinations?.onFailure, onSuccess: destinations?.onSuccess },
          ...(successesAreAlike(key) && { alike: true }),
        },
      ];
    }),
  );
}

/** The environment of every function: what is configured, and what belongs to the service. */
export function functionsEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  config: Pick<ServiceConfig, 'dumpSchedule'>,
): Record<string, string | undefined> {
  return {
    ...env,
    TZ: 'UTC',
    // The one folder that can be written, where there is no other.
    TMPDIR: env.TMPDIR || env.DRILL_FOLDER || undefined,
    DUMP_SCHEDULE: config.dumpSchedule,
  };
}
