import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { vi } from 'vitest';
import { type Daemon, startDaemon } from '../../../layers/postgres/places/daemon.ts';
import { freePort } from '../servers/postgres.ts';
import { type PrometheusProgram, prometheusPrograms } from './prometheus-programs.ts';

export interface RunningServer {
  /** `127.0.0.1:9090` */
  readonly address: string;
  /** GET of its API: what stands under `data`, where there is that. @throws with its own words if it refuses */
  get<T>(path: string): Promise<T>;
  end(): Promise<void>;
}

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  /** When, in seconds, and the value as text. */
  readonly value: readonly [number, string];
}

export interface Prometheus extends RunningServer {
  /** The instant vector that an expression gives now. @throws with Prometheus' own words if it is not understood */
  query(expression: string): Promise<Sample[]>;
}

const PATIENCE = { timeout: 60_000, interval: 100 };

/**
 * A real Prometheus on a free port.
 *
 * @param folder - made, and for the caller to remove; `files` are put into it, `prometheus.yml` being its configuration
 */
export async function startPrometheus(folder: string, files: Readonly<Record<string, string>>): Promise<Prometheus> {
  const server = await startServer('prometheus', folder, files, (address) => [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${address}`,
    '--log.level=warn',
  ]);
  return {
    ...server,
    async query(expression) {
      const { result } = await server.get<{ result: Sample[] }>(
        `/api/v1/query?query=${encodeURIComponent(expression)}`,
      );
      return result;
    },
  };
}

/** A real Alertmanager on a free port, alone; `alertmanager.yml` among the files is its configuration. */
export async function startAlertmanager(
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<RunningServer> {
  return startServer('prometheus-alertmanager', folder, files, (address) => [
    `--config.file=${join(folder, 'alertmanager.yml')}`,
    `--storage.path=${join(folder, 'data')}`,
    `--web.listen-address=${address}`,
    '--cluster.listen-address=',
    '--log.level=warn',
  ]);
}

async function startServer(
  program: PrometheusProgram,
  folder: string,
  files: Readonly<Record<string, string>>,
  args: (address: string) => readonly string[],
): Promise<RunningServer> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const address = `127.0.0.1:${await freePort()}`;
  const { command, root } = await prometheusPrograms();
  const daemon = await startDaemon({
    ...command(program, args(address)),
    logFile: join(folder, 'log'),
    cwd: root,
  });
  const server: RunningServer = {
    address,
    get: (path) => get(`http://${address}${path}`),
    // What it has stored goes with its folder.
    end: () => daemon.kill(),
  };
  await ready(address, daemon, program);
  return server;
}

async function ready(address: string, daemon: Daemon, program: string): Promise<void> {
  let ended = false;
  void daemon.exited.then(() => {
    ended = true;
  });
  await vi.waitUntil(async () => {
    if (ended) throw new Error(`${program} ended: ${daemon.lastLogLine()}`);
    const answer = await fetch(`http://${address}/-/ready`).catch(() => undefined);
    return answer?.ok;
  }, PATIENCE);
}

async function get<T>(url: string): Promise<T> {
  const answer = await fetch(url);
  const body = (await answer.json()) as { readonly data?: T; readonly error?: string };
  if (!answer.ok) throw new Error(`${url}: ${body.error ?? answer.status}`);
  return body.data ?? (body as T);
}
