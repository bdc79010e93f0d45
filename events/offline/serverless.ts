import { type FunctionName, functionNames } from '../../layers/settings/functions.ts';
import { sharedEnvironment } from '../../layers/settings/servers.ts';
import { hostedFunction, timeoutSOf } from '../host/hosted-function.ts';
import type { HostedFunction } from '../host/invoker.ts';
import type { LocalConfig } from './config.ts';
import type { LocalServer } from './environment.ts';

/** What the plugin uses of the framework. */
export interface Serverless {
  readonly service: {
    readonly functions: Partial<Record<string, FunctionDefinition>>;
    readonly custom: Record<string, unknown>;
  };
}

interface FunctionDefinition {
  readonly name: string;
  handler: string;
  timeout?: number;
  environment?: Record<string, unknown>;
  events?: Record<string, unknown>[];
  layers?: unknown;
}

/**
 * Turns serverless.yml's functions into what serverless-offline can run: our runtime around the handlers, the local
 * environment, and no schedules, since the clock is ours (serverless-offline's is in local time and drops `time`). Each
 * server with a name has functions of its own, `dump-main`, but for the exporter, which shows all.
 *
 * @param servers - at least one, with the environments of their functions
 * @returns of each server, what its invoker needs to know of them
 */
export function prepareFunctions(
  { service }: Serverless,
  servers: readonly LocalServer[],
): readonly ReadonlyMap<FunctionName, HostedFunction>[] {
  const [{ config }] = servers as readonly [LocalServer];
  const options = (service.custom['serverless-offline'] ?? {}) as Record<string, unknown>;
  service.custom['serverless-offline'] = {
    ...options,
    host: '127.0.0.1',
    httpPort: config.metricsPort,
    lambdaPort: config.lambdaPort,
    // A worker that is ended while idle is started again at the price of a cold start, and nobody is charged for idling.
    terminateIdleLambdaTime: 3600,
  };
  const { functions } = service;
  const written = { ...functions };
  const definitionOf = (key: FunctionName) => {
    const definition = written[key];
    if (definition === undefined) throw new Error(`serverless.yml has no function ${key}`);
    return definition;
  };
  prepare(definitionOf('exporter'), 'exporter', sharedEnvironment(servers), config);
  return servers.map(({ name, env, config: own }) => {
    const hosted = functionNames(env).map((key): [FunctionName, HostedFunction] => {
      const definition = definitionOf(key);
      if (key === 'exporter') return [key, hostedFunction(key, definition.name, own)];
      const copy = { ...definition, name: name === undefined ? definition.name : `${definition.name}-${name}` };
      prepare(copy, key, env, own);
      delete functions[key];
      functions[name === undefined ? key : `${key}-${name}`] = copy;
      return [key, hostedFunction(key, copy.name, own)];
    });
    return new Map(hosted);
  });
}

function prepare(
  definition: FunctionDefinition,
  key: FunctionName,
  env: Readonly<Record<string, string | undefined>>,
  config: LocalConfig,
): void {
  const events = definition.events ?? [];
  const set = Object.entries(env).filter(([, value]) => value !== undefined);
  definition.environment = { ...Object.fromEntries(set), PGVOUCH_HANDLER: definition.handler.replace(/\.\w+$/, '.ts') };
  definition.handler = `events/offline/runtime.${events.some((event) => 'httpApi' in event) ? 'requested' : 'invoked'}`;
  definition.events = events.filter((event) => !('schedule' in event));
  definition.timeout = timeoutSOf(key, config);
  // The programs come by PG_CLIENT_DIR.
  delete definition.layers;
}
