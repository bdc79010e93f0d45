import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type FunctionName, runtimeEnvironment } from '../../layers/settings/functions.ts';
import { sharedEnvironment } from '../../layers/settings/servers.ts';
import { runtimeExited } from '../failure-payload.mjs';
import type { Invocation, Outcome } from '../host/invoker.ts';
import { openTurns } from '../host/turns.ts';
import { limitMsOf, type ServedServer } from './config.ts';
import { functionsEnvironment, withoutSecretsOfOthers } from './functions.ts';
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
  /** At least one. */
  readonly servers: readonly ServedServer[];
  readonly modules: ServiceModules;
  readonly log: Logger;
  /** Writes one log line of a function. */
  readonly print: (line: string) => void;
}

/** For packages to be fetched, on a slow line. */
const SET_UP_LIMIT_MS = 15 * 60_000;

/** How long a dump or a drill waits for the client programs before it fails for want of them. */
const PROGRAMS_PATIENCE_MS = 5 * 60_000;

/** Those that would fail without the client programs. */
const NEEDS_PROGRAMS: readonly FunctionName[] = ['dump', 'verify', 'refresh'];

/** Starts the processes of the functions, those of each server with one environment. */
export function openProcesses({ servers, modules, log, print }: ProcessesOptions) {
  const closing = new AbortController();
  const breakingOff = new AbortController();
  const settingUp = new Set<Promise<Outcome>>();
  // Servers share a bucket, and setting it up reads and writes its rules as a whole.
  const bucketTurns = openTurns(1);
  let programs: Readonly<Record<string, string>> = {};
  let tellProgramsFound = () => {};
  const programsFound = new Promise<void>((resolve) => {
    tellProgramsFound = resolve;
  });

  const environmentOf = ({ env, config }: ServedServer) => functionsEnvironment({ ...programs, ...env }, config);
  const process = (module: string, writer: Writer, limitMs: number, env: NodeJS.ProcessEnv) => ({
    ...{ child: modules.child, module, env, limitMs },
    onLine: (line: string) => print(logLineOf(line, writer, new Date())),
  });
  const writerOf = ({ name: server }: ServedServer, name: string): Writer => ({
    ...(server !== undefined && { server }),
    name,
  });

  async function setUp(server: ServedServer, event: SetUpEvent): Promise<Outcome> {
    if (closing.signal.aborted) return { failure: runtimeExited('the service ended before it') };
    const invocation = {
      ...{ key: 'set-up', name: 'pgvouch-serve-set-up', requestId: randomUUID(), event },
      ...{ closing: closing.signal, signal: breakingOff.signal },
    };
    const writer = writerOf(server, 'set-up');
    return runFunction(process(modules.setUp, writer, SET_UP_LIMIT_MS, environmentOf(server)), invocation);
  }

  return {
    /** Runs one of a server's functions once. */
    async run(server: ServedServer, invocation: Invocation): Promise<Outcome> {
      const key = invocation.key as FunctionName;
      if (NEEDS_PROGRAMS.includes(key)) await orAborted(programsFound, PROGRAMS_PATIENCE_MS, invocation.closing);
      if (invocation.closing.aborted) return { failure: runtimeExited('the service ended before it') };
      const writer = { ...writerOf(server, key), requestId: invocation.requestId };
      const environment = withoutSecretsOfOthers(environmentOf(server), key);
      const env = { ...environment, ...runtimeEnvironment(key, environment) };
      return runFunction(process(modules.functionAt(key), writer, limitMsOf(key, server.config), env), invocation);
    },
    /** Looks at one part of what the functions of a server need. */
    setUp(server: ServedServer, event: SetUpEvent): Promise<Outcome> {
      const work = () => setUp(server, event);
      const outcome = event.part === 'bucket' ? bucketTurns.take(work) : work();
      settingUp.add(outcome);
      return outcome.finally(() => settingUp.delete(outcome));
    },
    /** Gives functions what was found for them, where the configuration says nothing else. */
    foundPrograms(found: Readonly<Record<string, string>> = {}): void {
      programs = found;
      tellProgramsFound();
    },
    /** Keeps the exporter running, which shows all servers. */
    startExporter(): WarmFunction {
      const own = servers.map((server) => ({ name: server.name, env: environmentOf(server) }));
      const [{ config }] = servers as readonly [ServedServer];
      return keepWarm({
        ...process(modules.functionAt('exporter'), { name: 'exporter' }, limitMsOf('exporter', config), {
          ...sharedEnvironment(own),
        }),
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
