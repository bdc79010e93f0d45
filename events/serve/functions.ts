import { FUNCTION_NAMES, type FunctionName } from '../../layers/settings/functions.ts';
import { secretsOfOthers } from '../../layers/settings/variables.ts';
import { hostedFunction } from '../host/hosted-function.ts';
import type { HostedFunction } from '../host/invoker.ts';
import type { Turns } from '../host/turns.ts';
import type { ServiceConfig } from './config.ts';

/** The turns of the functions that hold drills. */
export type Drills = Readonly<Record<'verify' | 'recovery', Turns>>;

/**
 * What becomes of the functions' ends, and how many of each run at once: memory is for one drill, and one dump.
 *
 * @param drills - of all servers: they share this machine's memory and disk
 */
export function hostedFunctions(config: ServiceConfig, drills: Drills): ReadonlyMap<FunctionName, HostedFunction> {
  return new Map(
    FUNCTION_NAMES.map((key) => {
      const atOnce = key === 'verify' || key === 'recovery' ? drills[key] : 1;
      return [key, { atOnce, ...hostedFunction(key, `pgvouch-serve-${key}`, config) }];
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

/** What one function gets of it: no secret that only others read. Who runs dump cannot open what it wrote. */
export function withoutSecretsOfOthers(
  env: Readonly<Record<string, string | undefined>>,
  name: FunctionName,
): Record<string, string | undefined> {
  const others = new Set(secretsOfOthers(name));
  return Object.fromEntries(Object.entries(env).filter(([variable]) => !others.has(variable)));
}
