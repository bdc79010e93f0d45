import {
  FUNCTIONS,
  type FunctionName,
  type FunctionSettings,
  successesAreAlike,
} from '../../layers/settings/functions.ts';
import type { HostConfig } from './config.ts';
import { turnsOf } from './found.ts';
import type { HostedFunction } from './invoker.ts';

/**
 * What a host needs to know of a function to treat it as Lambda does.
 *
 * @param name - its full name: `pgvouch-prod-dump`
 */
export function hostedFunction(
  key: FunctionName,
  name: string,
  { dumpConcurrency }: Pick<HostConfig, 'dumpConcurrency'>,
): HostedFunction {
  const { maximumRetryAttempts = 0, destinations }: FunctionSettings['invoked'] = FUNCTIONS[key].invoked;
  return {
    ...{ name, maximumRetryAttempts, onFailure: destinations?.onFailure, onSuccess: destinations?.onSuccess },
    ...turnsOf(key, dumpConcurrency),
    ...(successesAreAlike(key) && { alike: true }),
  };
}

/** Seconds that a function may run: dump, verify, base, recovery and refresh as they are configured, the others as on Lambda. */
export function timeoutSOf(key: FunctionName, config: HostConfig): number {
  const { dumpTimeoutS: dump, verifyTimeoutS: verify, baseTimeoutS: base, recoveryTimeoutS: recovery } = config;
  const own: Partial<Record<FunctionName, number>> = { dump, verify, base, recovery, refresh: config.refreshTimeoutS };
  return own[key] ?? FUNCTIONS[key].timeoutS;
}
