import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Environment } from '../../layers/settings/environment.ts';
import { type FunctionName, runtimeEnvironment } from '../../layers/settings/functions.ts';
import { runtimeExited } from '../failure-payload.mjs';
import type { Invocation, Outcome } from '../host/invoker.ts';
import { limitMsOf, type ServiceConfig } from './config.ts';
import { functionsEnvironment } from './functions.ts';
import { logLineOf, type Writer } from './log-lines.ts';
import { runFunction } from './run-function.ts';
import type { SetUpEvent } from './set-up.ts';
import { keepWarm, type WarmFunction } from './warm-function.ts';

/** The URLs of what child processes run: TypeScript in a checkout, bundles in a package. */
export interface ServiceModules {
  readonly child: string;
  readonly setUp: string;
  readonly functionAt: (name: FunctionName) => string;
}

export interface ProcessesOptions {
  readonly config: ServiceConfig;
  readonly env: NodeJS.ProcessEnv;
  readonly modules: ServiceModules;
  readonly log: Logger;
  /** Writes one log line of a function. */
  readonly print: (line: string) => void;
}

/** For packages to be fetched, on a slow line. */
const SET_UP_LIMIT_MS = 15 * 60_000;

/** How long a dump or a drill waits for the client programs before it fails for want of them. */
const PROGRAMS_PATIENCE_MS = 5 * 60_000;

/** Starts the processes of the functions, each with the same environment. */
export function openProcesses({ config, env, modules, log, print }: ProcessesOptions) {
  const closing = new AbortController();
  const breakingOff = new AbortController();
  const settingUp = new Set<Promise<Outcome>>();
  let environment = functionsEnvironment(env, config);
  let tellProgramsFound = () => {};
  const programsFound = new Promise<void>((resolve) => {
    tellProgramsFound = resolve;
  });

  const process = (module: string, writer: Writer, limitMs: number, own: Environment = {}) => ({
    ...{ child: modules.child, module, env: { ...environment, ...own }, limitMs },
    onLine: (line: string) => print(logLineOf(line, writer, new Date())),
  });

  return {
    /** Runs one of the functions once. */
    async run(invocation: Invocation): Promise<Outcome> {
      const key = invocation.key as FunctionName;
      if (key === 'dump' || key === 'verify') await orAborted(programsFound, PROGRAMS_PATIENCE_MS, invocation.closing);
      if (invocation.closing.aborted) return { failure: runtimeExited('the service ended before it') };
      const writer = { name: key, requestId: invocation.requestId };
      const own = runtimeEnvironment(key, environment);
      return runFunction(process(modules.functionAt(key), writer, limitMsOf(key, config), own), invocation);
    },
    /** Looks at one part of what the functions need. */
    setUp(event: SetUpEvent): Promise<Outcome> {
      const invocation = {
        ...{ key: 'set-up', name: 'pgvouch-serve-set-up', requestId: randomUUID(), event },
        ...{ closing: closing.signal, signal: breakingOff.signal },
      };
      const outcome = runFunction(process(modules.setUp, { name: 'set-up' }, SET_UP_LIMIT_MS), invocation);
      settingUp.add(outcome);
      return outcome.finally(() => settingUp.delete(outcome));
    },
    /** Gives functions what was found for them, where the configuration says nothing else. */
    foundPrograms(found: Readonly<Record<string, string>> = {}): void {
      environment = { ...found, ...environment };
      tellProgramsFound();
    },
    /** Keeps the exporter running. */
    startExporter(): WarmFunction {
      return keepWarm({
        ...process(modules.functionAt('exporter'), { name: 'exporter' }, limitMsOf('exporter', config)),
        name: 'exporter',
        onEnd: (problem, againInMs) => log.error({ problem, againInS: againInMs / 1000 }, 'the exporter ended'),
      });
    },
    /** Ends what is being set up. The invocations end with their invoker. */
    async close(graceMs: number): Promise<void> {
      closing.abort();
      const patience = setTimeout(() => breakingOff.abort(), graceMs);
      await Promise.allSettled(settingUp);
      clearTimeout(patience);
    },
  };
}

export type Processes = ReturnType<typeof openProcesses>;

/** Waits, but not for longer. */
export async function orAborted(waited: Promise<unknown>, patienceMs: number, signal: AbortSignal): Promise<void> {
  const stop = new AbortController();
  const limit = delay(patienceMs, undefined, { signal: AbortSignal.any([signal, stop.signal]) }).catch(() => {});
  await Promise.race([waited, limit]);
  stop.abort();
}
