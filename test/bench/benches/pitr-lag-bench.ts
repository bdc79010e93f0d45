import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { openVault } from '../../../layers/vault/vault.ts';
import type { Lsn } from '../../../layers/wal/lsn.ts';
import { startStoreProxy, through } from '../../support/servers/store-proxy.ts';
import { type Command, run } from '../measure/run.ts';
import { type BenchCluster, invocationOn, reachedIn, startBenchCluster } from '../place/cluster.ts';
import { archiveBy } from '../place/pgbackrest.ts';
import { fillPgbench, pgbenchCommand } from '../place/pgbench.ts';
import { emptyVault, type Place } from '../place/place.ts';
import type { Finding } from '../report/results.ts';
import { formatTable, mb, seconds } from '../report/table.ts';
import { type Lag, openLag } from './pitr-lag.ts';

export interface PitrLagFigures {
  readonly transactionsASecond: number;
  readonly watchedS: number;
  readonly lags: readonly Lag[];
  /** The bucket requests of one run. */
  readonly requests: { readonly idle: Requests; readonly busy: Requests };
  /** A run at cadence, the start of its process included; the first has no WAL in the bucket yet. */
  readonly cadence: RunCost;
  readonly idle: RunCost;
}

export type Requests = Readonly<Record<string, number>>;

export interface RunCost {
  readonly seconds: number;
  readonly handlerS: number;
  readonly cpuS: number;
  readonly peakRssBytes: number;
  readonly walBytes: number;
  readonly storedBytes: number;
}

/** What most databases do not reach: four clients would write thirty times as much. */
const TRANSACTIONS_A_SECOND = 20;
const CADENCE_S = 60;
const CADENCES = 4;
const LOOK_MS = 250;
const SCALE = 5;

/**
 * How far the bucket is behind a server under load: at a cadence of a minute, in follow, and by pgBackRest with
 * archive_timeout of a minute; all three at once, from one server.
 */
export async function benchPitrLag(
  place: Place,
  _: object,
  tell: (line: string) => void,
): Promise<Finding<PitrLagFigures>> {
  const pgbackrest = { archive_timeout: `${CADENCE_S}s` };
  const cluster = await startBenchCluster(place, { settings: pgbackrest });
  const ends: (() => Promise<unknown>)[] = [];
  try {
    await fillPgbench(cluster, SCALE);
    await cluster.sql('postgres', 'SELECT pg_switch_wal(); CHECKPOINT');
    const vaults = Object.fromEntries(
      ['cadence', 'follow'].map((mode) => [mode, openVault({ ...place.vault.config, prefix: `pitr-${mode}/` })]),
    ) as Record<'cadence' | 'follow', Place['vault']>;
    for (const slot of Object.keys(vaults))
      await cluster.sql('postgres', `SELECT pg_create_physical_replication_slot('${slot}', true)`);
    const from = await cluster.flushedTo();
    const invocation = (mode: 'cadence' | 'follow') =>
      invocationOn({ place, cluster, vault: vaults[mode].config }, 'wal', {}, { WAL_MODE: mode, PITR_SLOT: mode });
    // The first run brings what was there before.
    const cost = async () => costOf(await run(invocation('cadence')));
    await cost();
    await archiveBy(place, cluster, 1);
    const load = start(pgbenchCommand(cluster, ['--client=2', `--rate=${TRANSACTIONS_A_SECOND}`, '--time=86400']));
    ends.push(() => killed(load));
    const follow = start(invocation('follow'));
    ends.push(() => killed(follow));
    const lag = openLag(['cadence', 'follow', 'pgBackRest']);
    const startedAt = performance.now();
    const atS = () => (performance.now() - startedAt) / 1000;
    const costs: RunCost[] = [];
    const fire = async () => {
      for (let n = 1; n <= CADENCES; n++) {
        await delay(Math.max(0, 1000 * (n * CADENCE_S - atS())));
        costs.push(await cost());
        tell(`cadence: run ${n} took ${seconds(costs.at(-1)?.seconds ?? 0)} s`);
      }
    };
    const firing = fire();
    let fired = false;
    void firing.finally(() => {
      fired = true;
    });
    while (!fired) {
      const [cadence, followed, pushed] = await Promise.all([
        reachedIn(vaults.cadence, cluster, from),
        reachedIn(vaults.follow, cluster, from),
        archivedTo(cluster),
      ]);
      lag.look(atS(), await cluster.flushedTo(), { cadence, follow: followed, pgBackRest: pushed });
      await delay(LOOK_MS);
    }
    await firing;
    await killed(load);
    const requests = { busy: await requestsOf(place, cluster, vaults.cadence.config), idle: {} as Requests };
    const idle = await cost();
    requests.idle = await requestsOf(place, cluster, vaults.cadence.config);
    const cadence = costs.sort((a, b) => a.seconds - b.seconds)[costs.length >> 1] ?? idle;
    const figures = {
      ...{ transactionsASecond: TRANSACTIONS_A_SECOND, watchedS: CADENCES * CADENCE_S, lags: lag.lags() },
      ...{ requests, cadence, idle },
    };
    return { what: 'pitr-lag', figures, table: tableOf(figures) };
  } finally {
    for (const end of ends.reverse()) await end();
    await cluster.end();
    await emptyVault(openVault({ ...place.vault.config, prefix: 'pitr-' }));
  }
}

function start({ argv: [program = '', ...args], env }: Command): ChildProcess {
  return spawn(program, args, { env: { PATH: process.env.PATH, ...env }, stdio: 'ignore' });
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

/** The end of the last segment that PostgreSQL's archiver has handed on. */
async function archivedTo(cluster: BenchCluster): Promise<Lsn> {
  const [row] = await cluster.sql<{ name: string | null }>(
    'postgres',
    'SELECT last_archived_wal AS name FROM pg_stat_archiver',
  );
  if (!row?.name) return 0n;
  const [log, segment] = [row.name.slice(8, 16), row.name.slice(16, 24)].map((hex) => BigInt(`0x${hex}`));
  return ((log ?? 0n) << 32n) + ((segment ?? 0n) + 1n) * BigInt(cluster.segmentSizeBytes);
}

interface Report {
  readonly handlerMs: number;
  readonly cpuS: number;
  readonly peakRssBytes: number;
  readonly answer: { readonly walBytes: number; readonly storedBytes: number };
}

function costOf({ wallMs, stdout }: { readonly wallMs: number; readonly stdout: string }): RunCost {
  const { handlerMs, cpuS, peakRssBytes, answer } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Report;
  const { walBytes, storedBytes } = answer;
  return { seconds: wallMs / 1000, handlerS: handlerMs / 1000, cpuS, peakRssBytes, walBytes, storedBytes };
}

async function requestsOf(place: Place, cluster: BenchCluster, config: Place['sink']): Promise<Requests> {
  const proxy = await startStoreProxy(config.server?.endpoint ?? '');
  try {
    const vault = { ...config, ...through(proxy, config) };
    await run(invocationOn({ place, cluster, vault }, 'wal', {}, { PITR_SLOT: 'cadence' }));
    const counts: Record<string, number> = {};
    for (const { method, query } of proxy.requests) {
      const kind = method === 'GET' ? (query.has('list-type') ? 'list' : 'get') : method.toLowerCase();
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    return counts;
  } finally {
    await proxy.end();
  }
}

function tableOf({ lags, requests, cadence, idle, transactionsASecond, watchedS }: PitrLagFigures): string {
  const rows = lags.map(({ name, p50S, p95S, maxS, maxBytes }) => [
    TITLES[name] ?? name,
    ...[p50S, p95S, maxS].map((value) => value.toFixed(1)),
    mb(maxBytes),
  ]);
  const words = (counts: Requests) =>
    Object.entries(counts)
      .map(([kind, n]) => `${n} ${kind.toUpperCase()}`)
      .join(', ');
  const costs = ([name, cost]: readonly [string, RunCost]) =>
    `${name}: ${seconds(cost.seconds)} s, of which ${seconds(cost.handlerS)} s in the handler; ${seconds(cost.cpuS)} s of CPU, ` +
    `${mb(cost.peakRssBytes)} MB of memory, ${mb(cost.walBytes)} MB of WAL, ${mb(cost.storedBytes)} MB stored`;
  return [
    formatTable([
      [`${transactionsASecond} transactions a second, ${watchedS} s`, 'p50 s', 'p95 s', 'max s', 'max MB'],
      ...rows,
    ]),
    ...(
      [
        ['a run at cadence', cadence],
        ['an idle run', idle],
      ] as const
    ).map(costs),
    `requests of a run that stores a beginning: ${words(requests.busy)}; of an idle one: ${words(requests.idle)}`,
  ].join('\n');
}

const TITLES: Readonly<Record<string, string>> = {
  cadence: 'pgvouch, a run a minute',
  follow: 'pgvouch, WAL_MODE=follow',
  pgBackRest: 'pgBackRest, archive_timeout=60s',
};
