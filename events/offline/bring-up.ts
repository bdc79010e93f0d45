import { setTimeout as delay } from 'node:timers/promises';
import { ConfigError } from '../../layers/backup/errors.ts';
import type { Terminal } from '../../layers/words/terminal.ts';
import { clientFolders, describeClients, lagBehind } from '../host/set-up/clients.ts';
import { type ReachedDatabase, reachDatabase } from '../host/set-up/reach-database.ts';
import { type BucketSetup, setUpBucket } from '../host/set-up/set-up-bucket.ts';
import type { LocalConfig } from './config.ts';
import type { LocalServer } from './environment.ts';
import type { Lifecycle } from './lifecycle.ts';
import { claimPort } from './machine/ports.ts';
import { makeTopic, startEmbeddedBucket } from './servers/bucket.ts';
import { startEmbeddedDatabase } from './servers/database.ts';
import type { LocalSecrets } from './servers/secrets.ts';

export interface BroughtUp {
  /** The value of `PG_CLIENT_DIR`. */
  readonly clientDir: string;
  /** What they are and where, for people. */
  readonly bucket: string;
  readonly clients: string;
  /** In the order given. */
  readonly servers: readonly {
    /** What it is and where, for people. */
    readonly database: string;
    readonly setup: BucketSetup;
  }[];
  /** For people. */
  readonly remarks: readonly string[];
}

/**
 * Brings up what the functions talk to, all at once: the client programs, PostgreSQL and the bucket, each ours or the
 * one that is configured. The first failure is the result; the others are given up by the lifecycle's signal.
 */
export async function bringUp(
  config: LocalConfig,
  servers: readonly LocalServer[],
  secrets: LocalSecrets,
  { lifecycle, terminal }: { readonly lifecycle: Lifecycle; readonly terminal: Terminal },
): Promise<BroughtUp> {
  await claimPorts(config);
  const { signal } = lifecycle;
  const { stateDir, cacheDir } = config;
  const { progress: onProgress } = terminal;
  const ready = (what: string) => terminal.line(`  ${what}: ready`);
  terminal.line('\npgvouch is starting');

  const clients = (lookEveryMs: number) => clientFolders({ ...config, lookEveryMs }, onProgress, signal);
  const clientsReady = async () => {
    const found = await clients(LOOK_EVERY_MS);
    ready('PostgreSQL client programs');
    return found;
  };

  async function reach({ env, config: { databases } }: LocalServer): Promise<ReachedDatabase> {
    const reached = await inTime(reachDatabase(env, databases), 'PostgreSQL', 'POSTGRES_HOST');
    ready(`PostgreSQL at ${reached.host}`);
    return reached;
  }

  async function databases(): Promise<ReachedDatabase[]> {
    const embedded = servers.filter((server) => server.config.embeddedPostgres);
    // One serves all that have no other.
    const started = embedded.length > 0 ? startDatabase(embedded) : undefined;
    return Promise.all(servers.map((server) => (server.config.embeddedPostgres && started ? started : reach(server))));
  }

  async function startDatabase(embedded: readonly LocalServer[]): Promise<ReachedDatabase> {
    const { postgresPort: port } = config;
    const databases = [...new Set(embedded.flatMap((server) => server.config.databases))];
    const server = await startEmbeddedDatabase({
      stateDir,
      port,
      password: secrets.postgresPassword,
      databases,
      signal,
    });
    lifecycle.onStop(server);
    ready('embedded PostgreSQL');
    return server;
  }

  /** One after the other: each reads and writes the rules of the whole bucket. */
  async function setUpAll(findTarget: Parameters<typeof setUpBucket>[1]): Promise<BucketSetup[]> {
    const setups: BucketSetup[] = [];
    for (const { env } of servers) setups.push(await setUpBucket(env, findTarget));
    return setups;
  }

  async function bucket(): Promise<{ description: string; setups: BucketSetup[] }> {
    if (!config.embeddedBucket) {
      const setups = await inTime(
        setUpAll(async () => config.notifyArn),
        'the bucket server',
        'MINIO_ENDPOINT',
      );
      const at = `${servers[0]?.env.MINIO_ENDPOINT}`;
      ready(`bucket at ${at}`);
      return { description: at, setups };
    }
    const { bucketPort: port, debianMirror: mirror } = config;
    const server = await startEmbeddedBucket({
      ...{ stateDir, cacheDir, port, secrets, mirror, onProgress, signal },
      lookEveryMs: LOOK_EVERY_MS,
    });
    lifecycle.onStop(server);
    const setups = await setUpAll((vault) => makeTopic(vault, config.notifyPort));
    ready('bucket server');
    return { description: server.description, setups };
  }

  const [found, reached, { description, setups }] = await Promise.all([clientsReady(), databases(), bucket()]);
  // A server was updated since somebody last looked: the programs for it may be there, too.
  const client = reached.some(({ version }) => lagBehind(found.programs, version)) ? await clients(0) : found;
  const remarks = client.remark === undefined ? [] : [client.remark];
  return {
    clientDir: client.folders,
    ...{ bucket: description, clients: describeClients(client.programs, new Date()) },
    servers: setups.map((setup, index) => ({ database: reached[index]?.description ?? '', setup })),
    remarks: [...new Set([...setups.flatMap((setup) => setup.remarks), ...remarks])],
  };
}

/** At its start a stack looks for newer programs, unless one looked just now. */
const LOOK_EVERY_MS = 3_600_000;

async function claimPorts(config: LocalConfig): Promise<void> {
  const wanted: [number, string, string][] = [
    [config.metricsPort, 'the exporter', 'METRICS_PORT'],
    [config.lambdaPort, "the functions' API", 'LOCAL_LAMBDA_PORT'],
    [config.notifyPort, 'the receiver of notifications', 'LOCAL_NOTIFY_PORT'],
  ];
  if (config.embeddedPostgres) wanted.push([config.postgresPort, 'the embedded PostgreSQL', 'LOCAL_POSTGRES_PORT']);
  if (config.embeddedBucket) wanted.push([config.bucketPort, 'the bucket server', 'LOCAL_BUCKET_PORT']);
  for (const [port, what, variable] of wanted) {
    await claimPort(port, what, `is pgvouch already running? Otherwise stop that program, or set ${variable}`);
  }
}

/** What takes connections and never answers is given up far earlier than a function would. */
const REACH_TIMEOUT_MS = 30_000;

async function inTime<T>(reaching: Promise<T>, what: string, variable: string): Promise<T> {
  const error = new ConfigError({
    operation: 'reach',
    subject: what,
    problem: `it did not answer within ${REACH_TIMEOUT_MS / 1000} s`,
    hint: `check that it is up, and that ${variable} is right`,
  });
  const timer = new AbortController();
  const timeout = delay(REACH_TIMEOUT_MS, undefined, { signal: timer.signal }).then(() => Promise.reject(error));
  timeout.catch(() => {});
  return Promise.race([reaching, timeout]).finally(() => timer.abort());
}
