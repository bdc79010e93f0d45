import { readFailure } from '../function-failed.ts';
import { noticeEach, startReceiver } from '../host/receiver.ts';
import { openTurns } from '../host/turns.ts';
import { findPrograms } from './begin.ts';
import type { ServedServer } from './config.ts';
import { healthOf } from './health.ts';
import { reportOfAll, startHttp } from './http.ts';
import { openProcesses, type ProcessesOptions } from './processes.ts';
import { type ServerHost, startServerHost } from './server-host.ts';
import { claimState } from './state-folder.ts';

export interface Service {
  /** Ends it in order, within seconds. What it breaks off is taken up by the next one. */
  stop(): Promise<void>;
}

/** How long a dump may take to clear its upload away, or a drill its copy of the data. */
const CLEAR_UP_MS = 6_000;

/**
 * Runs the functions of all servers: a clock for each, one receiver of notifications, metrics, and a process for each
 * invocation.
 *
 * @throws {@link ConfigError} if the state folder or a port is somebody else's
 */
export async function openService(options: ProcessesOptions): Promise<Service> {
  const { servers, log } = options;
  // What belongs to the service as a whole each of them says alike.
  const [first] = servers as readonly [ServedServer];
  const { config } = first;
  const ending = new AbortController();
  const { signal } = ending;
  const state = await claimState(config.stateDir, log);
  const processes = openProcesses(options);
  const hosts: ServerHost[] = [];
  const closers: (() => void)[] = [() => ending.abort()];
  const stop = async () => {
    for (const close of closers) close();
    await Promise.all([...hosts.map((host) => host.close(CLEAR_UP_MS)), processes.close(CLEAR_UP_MS)]);
    await state.release();
  };
  try {
    const drills = { verify: openTurns(1), recovery: openTurns(1) };
    for (const server of servers) {
      hosts.push(startServerHost({ server, processes, drills, state: state.of(server.name), log, signal }));
    }
    const receiver = await startReceiver(config.notifyHost, config.notifyPort, (event) => noticeEach(event, hosts));
    closers.push(receiver.close);
    const exporter = processes.startExporter();
    closers.push(exporter.stop);
    const http = await startHttp({
      ...{ host: config.metricsHost, port: config.metricsPort, exporter: exporter.invoke },
      health() {
        const facts = { listening: receiver.isListening(), exporter: exporter.isRunning() };
        return reportOfAll(
          hosts.map(({ name, background }) => [name, healthOf({ next: background.next(), ...facts }, new Date())]),
        );
      },
      async readiness() {
        const reports = hosts.map(async ({ name, readiness }) => [name, await readiness.report(Date.now())] as const);
        return reportOfAll(await Promise.all(reports));
      },
      onFailure: (failure) => log.error({ err: readFailure(failure) }, 'a request failed'),
    });
    closers.push(http.close);
    const programs = findPrograms({ config, log, signal, setUp: (event) => processes.setUp(first, event) });
    void programs.then((found) => found && processes.foundPrograms(found.env));
    for (const host of hosts) host.begin(programs);
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
