import type { LocalFunction } from '../host/invoker.ts';
import type { LocalConfig } from './config.ts';

/** What the plugin uses of the framework. */
export interface Serverless {
  readonly service: {
    readonly functions: Record<string, FunctionDefinition>;
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
  maximumRetryAttempts?: number;
  destinations?: { onFailure?: string; onSuccess?: string };
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
): ReadonlyMap<string, LocalFunction> {
  const options = (service.custom['serverless-offline'] ?? {}) as Record<string, unknown>;
  service.custom['serverless-offline'] = {
    ...options,
    host: '127.0.0.1',
    httpPort: config.metricsPort,
    lambdaPort: config.lambdaPort,
    // A worker that is ended while idle is started again at the price of a cold start, and nobody is charged for idling.
    terminateIdleLambdaTime: 3600,
  };
  const functions = new Map<string, LocalFunction>();
  for (const [key, definition] of Object.entries(service.functions)) {
    definition.handler = `events/host/runtime.${key}`;
    definition.environment = { ...env };
    definition.events = (definition.events ?? []).filter((event) => !('schedule' in event));
    // The programs come by PG_CLIENT_DIR.
    delete definition.layers;
    if (key === 'dump') definition.timeout = config.dumpTimeoutS;
    if (key === 'verify') definition.timeout = config.verifyTimeoutS;
    functions.set(key, {
      name: definition.name,
      maximumRetryAttempts: definition.maximumRetryAttempts ?? 2,
      onFailure: definition.destinations?.onFailure,
      onSuccess: definition.destinations?.onSuccess,
    });
  }
  return functions;
}
