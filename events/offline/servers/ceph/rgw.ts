import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConfigError } from '../../../../layers/backup/errors.ts';
import { lockFile } from '../../../../layers/debian/file-lock.ts';
import { endLeftovers } from '../../machine/leftovers.ts';
import { claimPort } from '../../machine/ports.ts';
import { prepareCluster, writeFacts } from './cluster.ts';
import type { GatewayTls } from './conf.ts';
import { type CephDaemons, type DaemonEnd, openDaemons } from './daemons.ts';
import { runCeph } from './programs.ts';
import { ensureUser } from './user.ts';

export interface CephStart {
  /** Where `installCephRgw` put the programs. */
  readonly root: string;
  /** Everything that is stored, and survives any end. */
  readonly dataDir: string;
  /** The S3 port, on loopback. */
  readonly port: number;
  readonly accessKey: string;
  readonly secretKey: string;
  /** How much it can hold; the file is sparse. 20 GiB by default, and fixed at creation. */
  readonly sizeBytes?: number;
  /** Halves the work of a request, for a gateway that is not started again after a crash; without it by default. */
  readonly cache?: boolean;
  /** It speaks TLS at another port, too. */
  readonly tls?: GatewayTls;
  /** Ends the start, not what was started. */
  readonly signal?: AbortSignal;
  readonly onLog?: (line: string) => void;
}

export interface CephRgw {
  readonly endpoint: string;
  /** Any would do for the gateway; for this one no client sends a location constraint. */
  readonly region: string;
  /** As they are now: the gateway's changes when it is started again. */
  readonly pids: readonly number[];
  /** Resolves when a daemon ends that nobody asked to end. */
  readonly exited: Promise<DaemonEnd>;
  /** SIGKILL to all, as a machine would crash. */
  kill(): Promise<void>;
  /** In order, within seconds. */
  stop(): Promise<void>;
  killGateway(): Promise<void>;
  restartGateway(): Promise<void>;
}

const GIBIBYTE = 1024 ** 3;
const START_TIMEOUT_MS = 180_000;

/**
 * Starts a real S3 server (Ceph: one monitor, one object store, one RADOS gateway) on loopback, and waits until it
 * answers. What an earlier one stored there is served again, however that one ended.
 *
 * @throws {@link ConfigError} if the port or the directory is in use, or a daemon does not come up (with its last words)
 */
export async function startCephRgw(start: CephStart): Promise<CephRgw> {
  const { port, accessKey, secretKey, onLog = () => {} } = start;
  const home = { root: resolve(start.root), dataDir: resolve(start.dataDir) };
  const { dataDir } = home;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const lock = await lockFile(join(dataDir, 'lock'), { wait: false, signal: start.signal });
  if (!lock) throw inUse(dataDir);
  let daemons: CephDaemons | undefined;
  try {
    const leftovers = await endLeftovers(join(dataDir, 'pids.json'), dataDir);
    if (leftovers > 0) onLog(`ended ${leftovers} processes that an earlier run left behind`);
    await claimPort(port, 'the bucket server', 'stop that program, or choose another port');
    daemons = openDaemons(home, port);
    const timeout = AbortSignal.timeout(START_TIMEOUT_MS);
    const signal = AbortSignal.any([daemons.failure, timeout, ...(start.signal ? [start.signal] : [])]);
    const { sizeBytes = 20 * GIBIBYTE, cache = false } = start;
    const gateway = { port, cache, tls: start.tls };
    const cluster = await prepareCluster(home, { sizeBytes, gateway, signal });
    onLog(cluster.isNew ? 'made a new cluster' : 'found the cluster');
    await daemons.startMonitor();
    if (cluster.isNew) {
      const format = ['-i', '0', '--mkfs', '--osd-uuid', cluster.osdUuid];
      await runCeph(home, 'ceph-osd', format, { signal });
      onLog('formatted the object store');
    }
    await daemons.startStore();
    await ensureUser(home, { accessKey, secretKey }, signal);
    onLog('the object store is up');
    await daemons.startGateway(signal);
    if (cluster.isNew) await writeFacts(dataDir, cluster);
    onLog('the gateway answers');
  } catch (error) {
    await daemons?.kill();
    await lock.release();
    throw error instanceof DOMException && error.name === 'TimeoutError' ? tooSlow(dataDir) : error;
  }
  const running = daemons;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    get pids() {
      return running.pids();
    },
    exited: running.exited,
    async kill() {
      await running.kill();
      await lock.release();
    },
    async stop() {
      await running.stop();
      await lock.release();
    },
    killGateway: () => running.killGateway(),
    restartGateway: () =>
      running.startGateway(AbortSignal.any([running.failure, AbortSignal.timeout(START_TIMEOUT_MS)])),
  };
}

function inUse(dataDir: string): ConfigError {
  return new ConfigError({
    operation: 'start the bucket server in',
    subject: dataDir,
    problem: 'another process is already running it there',
    hint: 'stop that process first',
  });
}

function tooSlow(dataDir: string): ConfigError {
  return new ConfigError({
    operation: 'start the bucket server in',
    subject: dataDir,
    problem: `it did not answer within ${START_TIMEOUT_MS / 1000} s`,
    hint: `see the logs in ${join(dataDir, 'log')}`,
  });
}
