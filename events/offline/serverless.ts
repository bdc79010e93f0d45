import { type FunctionName, functionNames } from '../../layers/settings/functions.ts';
import { hostedFunction, timeoutSOf } from '../host/hosted-function.ts';
import type { HostedFunction } from '../host/invoker.ts';
import type { LocalConfig } from './config.ts';

/** What the plugin uses of the framework. */
export interface Serverless {
  readonly service: {
    readonly functions: Partial<Record<FunctionName, FunctionDefinition>>;
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
 * environment, and no schedules, since the clock is ours (serverless-offline's is in local time and drops `time`).
 *
 * @returns what the invoker needs to know of each
 */
export function prepareFunctions(
  { service }: Serverless,
  env: Readonly<Record<string, string>>,
  config: LocalConfig,
): ReadonlyMap<FunctionName, HostedFunction> {
  const options = (service.custom['serverless-offline'] ?? {}) as Record<string, unknown>;
  service.custom['serverless-offline'] = {
    ...options,
    host: '127.0.0.1',
    httpPort: config.metricsPort,
    lambdaPort: config.lambdaPort,
    // A worker that is ended while idle is started again at the price of a cold start, and nobody is charged for idling.
    terminateIdleLambdaTime: 3600,
  };
  return new Map(
    functionNames(env).map((key) => {
      const definition = service.functions[key];
      if (definition === undefined) throw new Error(`serverless.yml has no function ${key}`);
      prepare(definition, env);
      definition.timeout = timeoutSOf(key, config);
      return [key, hostedFunction(key, definition.name, config)];
    }),
  );
}

function prepare(definition: FunctionDefinition, env: Readonly<Record<string, string>>): void {
  const events = definition.events ?? [];
  definition.environment = { ...env, PGVOUCH_HANDLER: definition.handler.replace(/\.\w+$/, '.ts') };
  definition.handler = `events/offline/runtime.${events.some((event) => 'httpApi' in event) ? 'requested' : 'invoked'}`;
  definition.events = events.filter((event) => !('schedule' in event));
  // The programs come by PG_CLIENT_DIR.
  delete definition.layers;
}
