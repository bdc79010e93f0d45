import { retryDelaysMs } from '../../layers/settings/functions.ts';
import { readFailure } from '../function-failed.ts';
import { startBackground } from '../host/background.ts';
import { type FailedTry, openInvoker } from '../host/invoker.ts';
import { beginWhenWell } from './begin.ts';
import { hostedFunctions } from './functions.ts';
import { healthOf } from './health.ts';
import { startHttp } from './http.ts';
import { openProcesses, type ProcessesOptions } from './processes.ts';
import { openReadiness } from './readiness.ts';
import { claimState } from './state-folder.ts';
import { askForUnproved, askForUnprovedBase, openServedVault } from './unproved.ts';

export interface Service {
  /** Ends it in order, within seconds. What it breaks off is taken up by the next one. */
  stop(): Promise<void>;
}

/** How long a dump may take to clear its upload away, or a drill its copy of the data. */
const CLEAR_UP_MS = 6_000;

/**
 * Runs the functions: clock, receiver of notifications, metrics, and a process for each invocation.
 *
 * @throws {@link ConfigError} if the state folder or a port is somebody else's
 */
export async function openService(options: ProcessesOptions): Promise<Service> {
  const { config, log } = options;
  const { bucket, prefix, notifyArn, postgres, bucketServer } = config;
  const ending = new AbortController();
  const state = await claimState(config.stateDir, log);
  const left = state.journal.left();
  const processes = openProcesses(options);
  const invoker = openInvoker({
    ...{ functions: hostedFunctions(config), run: processes.run, journal: state.journal },
    retryDelaysMs: retryDelaysMs(config.retryDelayMs),
    onFailedTry: (failed) => log.error(factsOf(failed), 'a function failed'),
    onLost: ({ function: name }) => log.fatal({ function: name }, 'nobody could be notified of a failure'),
  });
  const closers: (() => void)[] = [() => ending.abort()];
  const stop = async () => {
    for (const close of closers) close();
    await Promise.all([invoker.close(CLEAR_UP_MS), processes.close(CLEAR_UP_MS)]);
    await state.release();
  };
  try {
    const notifications = notifyArn === undefined ? 'polled' : 'pushed';
    const hasUnproved = askForUnproved(() => openServedVault(options.env));
    const hasUnprovedBase = askForUnprovedBase(() => openServedVault(options.env));
    const background = await startBackground({
      ...{ config, invoker, clock: state.clock },
      bucket: { bucket, prefix, notifications, hasUnproved, hasUnprovedBase },
    });
    closers.push(background.close);
    const exporter = processes.startExporter();
    closers.push(exporter.stop);
    const readiness = openReadiness({ postgres, bucketServer, notifications });
    const http = await startHttp({
      ...{ host: config.metricsHost, port: config.metricsPort, exporter: exporter.invoke },
      health() {
        const facts = { next: background.next(), listening: background.isListening(), exporter: exporter.isRunning() };
        return healthOf(facts, new Date());
      },
      readiness: () => readiness.report(Date.now()),
      onFailure: (failure) => log.error({ err: readFailure(failure) }, 'a request failed'),
    });
    closers.push(http.close);
    void beginWhenWell({
      ...{ config, processes, background, left, log, signal: ending.signal, onFound: readiness.found },
    });
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function factsOf({ function: name, event, attempt, willRetryInMs, failure }: FailedTry) {
  const { time, detail } = event as { readonly time?: string; readonly detail?: object };
  const again = willRetryInMs === undefined ? { givenUp: true } : { againInS: willRetryInMs / 1000 };
  return { function: name, time, ...detail, attempt, ...again, err: readFailure(failure) };
}
