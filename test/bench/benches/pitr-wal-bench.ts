import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { formatLsn, type Lsn } from '../../../layers/wal/lsn.ts';
import { segmentName, segmentNumber } from '../../../layers/wal/segments.ts';
import { type BenchOptions, type Outcome, runRounds } from '../measure/rounds.ts';
import { pipeline, quoted, run } from '../measure/run.ts';
import { pairedRatio } from '../measure/statistics.ts';
import { type BenchCluster, byTls, invocationOn, libpqOf, startBenchCluster } from '../place/cluster.ts';
import type { Contender } from '../place/contenders.ts';
import { configurePgbackrest, repositoryOf } from '../place/pgbackrest.ts';
import { fillPgbench, writePgbenchWal } from '../place/pgbench.ts';
import { emptyVault, type Place } from '../place/place.ts';
import type { Finding } from '../report/results.ts';
import { formatTable, mb, ratio, seconds } from '../report/table.ts';
import { type KillFigures, killedRuns } from './pitr-kills.ts';

export interface PitrWalFigures {
  readonly rounds: number;
  readonly pgbackrest: string;
  readonly walBytes: number;
  readonly contenders: readonly Outcome[];
  /** CPU, as multiples of pg_receivewal's with each compression. */
  readonly cpuRatios: Readonly<Record<string, number>>;
  readonly peaks: readonly Peak[];
  readonly kills: KillFigures;
}

/** What one run of wal held at most. */
export interface Peak {
  readonly segmentMb: number;
  readonly walBytes: number;
  readonly nodeBytes: number;
}

const RECEIVED = ['none', 'lz4', 'gzip'] as const;
const BASE = 'received-gzip';
const SCALE = 20;
/** Enough to see that more takes no more memory. */
const SMALL = 100e6;

/** WAL that pgbench has written, brought to where it is safe: by us, by pg_receivewal, and by pgBackRest. */
export async function benchPitrWal(
  place: Place,
  { sizeMb, rounds, patienceMs }: BenchOptions,
  tell: (line: string) => void,
): Promise<Finding<PitrWalFigures>> {
  const cluster = await startBenchCluster(place);
  try {
    await fillPgbench(cluster, SCALE);
    const start = await slotsFrom(cluster);
    await writePgbenchWal(cluster, sizeMb * 1e6);
    const end = await endOfSegment(cluster);
    const walBytes = Number(end - start);
    tell(`${mb(walBytes)} MB of WAL`);
    const folder = path.join(place.folder, 'received');
    const afterEach = async () => {
      await emptyVault(place.vault);
      await emptyArchive(place, cluster);
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      await renewSlots(cluster);
    };
    await run(pipeline(`${configurePgbackrest(place, cluster)} stanza-create`, libpqOf(cluster)));
    await afterEach();
    const outcomes = await runRounds(contendersOn(place, cluster, { folder, start, end }), {
      ...{ rounds, base: BASE, onRun: tell, patienceMs, warmUp: false, afterEach },
    });
    const kills = await killedRuns(place, cluster, { start, end, tell });
    await afterEach();
    const peaks = [
      ...(await peaksOf(place, cluster, [SMALL])),
      { segmentMb: 16, walBytes, nodeBytes: peakOf(outcomes) },
      ...(await onLargeSegments(place, (large) => peaksOf(place, large, [2 * SMALL, 4 * SMALL]))),
    ];
    const figures = {
      ...{ rounds, pgbackrest: cluster.pgbackrest, walBytes, contenders: outcomes.map(withShellTimes) },
      ...{ cpuRatios: cpuRatios(outcomes.map(withShellTimes)), peaks, kills },
    };
    return { what: 'pitr-wal', figures, table: tableOf(figures) };
  } finally {
    await cluster.end();
  }
}

/** A slot that nobody moves, of which each run gets a copy. */
async function slotsFrom(cluster: BenchCluster): Promise<Lsn> {
  await cluster.sql('postgres', 'SELECT pg_switch_wal(); CHECKPOINT');
  await cluster.sql(
    'postgres',
    `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'start';
     SELECT pg_create_physical_replication_slot('start', true)`,
  );
  const [row] = await cluster.sql<{ bytes: string }>(
    'postgres',
    `SELECT (restart_lsn - '0/0')::text AS bytes FROM pg_replication_slots WHERE slot_name = 'start'`,
  );
  const lsn = BigInt(row?.bytes ?? 0);
  return lsn - (lsn % BigInt(cluster.segmentSizeBytes));
}

async function renewSlots(cluster: BenchCluster): Promise<void> {
  for (const slot of ['ours', 'received']) {
    const there = `SELECT active FROM pg_replication_slots WHERE slot_name = '${slot}'`;
    // A walsender that was ended may have it for a moment.
    while ((await cluster.sql<{ active: boolean }>('postgres', there))[0]?.active);
    await cluster.sql(
      'postgres',
      `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '${slot}';
       SELECT pg_copy_physical_replication_slot('start', '${slot}')`,
    );
  }
}

/** All WAL so far is in segments that are finished. */
async function endOfSegment(cluster: BenchCluster): Promise<Lsn> {
  await cluster.sql('postgres', 'CHECKPOINT; SELECT pg_switch_wal()');
  const flushed = await cluster.flushedTo();
  return flushed - (flushed % BigInt(cluster.segmentSizeBytes));
}

async function emptyArchive({ vault }: Place, cluster: BenchCluster): Promise<void> {
  const archive = `${repositoryOf(cluster)}/archive/`;
  for (const { key } of await vault.listAll(archive)) if (!key.includes('archive.info')) await vault.remove(key);
}

function contendersOn(
  place: Place,
  cluster: BenchCluster,
  { folder, start, end }: { readonly folder: string; readonly start: Lsn; readonly end: Lsn },
): Contender[] {
  const env = libpqOf(cluster);
  const receive = (compression: string) =>
    quoted([
      path.join(cluster.programs, 'pg_receivewal'),
      ...['--no-loop', '--slot=received', `--directory=${folder}`, `--endpos=${formatLsn(end)}`],
      ...[`--compress=${compression}`],
    ]);
  const ours = (vault: Place['sink']) => () =>
    invocationOn({ place, cluster, vault }, 'wal', {}, { PITR_SLOT: 'ours' });
  const size = cluster.segmentSizeBytes;
  const segments = Array.from(
    { length: Number((end - start) / BigInt(size)) },
    (_, n) => `pg_wal/${segmentName(1, segmentNumber(start, size) + BigInt(n), size)}`,
  );
  const push = `${configurePgbackrest(place, cluster)} archive-push`;
  return [
    ...RECEIVED.map((compression) => ({
      name: `received-${compression}`,
      title: `pg_receivewal --compress=${compression}, a folder`,
      command: () => pipeline(receive(compression), env),
    })),
    { name: 'ours-sink', title: 'pgvouch, a bucket that costs nothing', command: ours(place.sink) },
    { name: 'ours', title: 'pgvouch, Ceph', command: ours(place.vault.config) },
    { name: 'ours-tls', title: 'pgvouch, Ceph by TLS', command: ours(byTls(place)) },
    {
      name: 'pgbackrest',
      title: 'pgBackRest archive-push, Ceph by TLS',
      // As archive_command calls it, and what the shell counts of those that lived too shortly to be watched.
      command: () =>
        pipeline(`cd ${quoted([cluster.dataDir])}; for s in ${segments.join(' ')}; do ${push} $s; done; times`, env),
    },
  ];
}

/** The children's CPU time, as bash's `times` writes it: `0m1.250s 0m0.500s`. */
function withShellTimes(outcome: Outcome): Outcome {
  const times = /^(\d+)m([\d.]+)s (\d+)m([\d.]+)s$/.exec(outcome.said)?.slice(1).map(Number);
  const [program] = Object.keys(outcome.programs);
  if (times === undefined || program === undefined) return outcome;
  const [userM = 0, userS = 0, systemM = 0, systemS = 0] = times;
  const usage = outcome.programs[program];
  if (usage === undefined) return outcome;
  return { ...outcome, programs: { [program]: { ...usage, cpuS: 60 * (userM + systemM) + userS + systemS } } };
}

function cpuOf({ programs }: Outcome): number {
  return Object.values(programs).reduce((sum, { cpuS }) => sum + cpuS, 0);
}

function cpuRatios(outcomes: readonly Outcome[]): Record<string, number> {
  const named = (name: string) => {
    const found = outcomes.find((one) => one.name === name);
    return found ? cpuOf(found) : Number.NaN;
  };
  return {
    ...Object.fromEntries(RECEIVED.map((one) => [`to ${one}`, named('ours-sink') / named(`received-${one}`)])),
    'by TLS, to pgBackRest': named('ours-tls') / named('pgbackrest'),
  };
}

function peakOf(outcomes: readonly Outcome[]): number {
  return Math.max(
    ...outcomes.flatMap(({ name, programs }) => (name === 'ours' ? (programs.node?.peakRssBytes ?? 0) : [])),
  );
}

/** A server of its own: other segments need other files. */
async function onLargeSegments<T>(place: Place, measure: (cluster: BenchCluster) => Promise<T>): Promise<T> {
  const cluster = await startBenchCluster(place, { segmentMb: 64 });
  try {
    await fillPgbench(cluster, SCALE);
    return await measure(cluster);
  } finally {
    await cluster.end();
  }
}

/** Of runs of wal that begin where the WAL of that size does. */
async function peaksOf(place: Place, cluster: BenchCluster, sizes: readonly number[]): Promise<Peak[]> {
  const peaks: Peak[] = [];
  for (const bytes of sizes) {
    const start = await slotsFrom(cluster);
    await writePgbenchWal(cluster, bytes);
    const walBytes = Number((await endOfSegment(cluster)) - start);
    await renewSlots(cluster);
    const command = invocationOn({ place, cluster, vault: place.vault.config }, 'wal', {}, { PITR_SLOT: 'ours' });
    const { programs } = await run(command);
    const segmentMb = cluster.segmentSizeBytes / 1024 ** 2;
    peaks.push({ segmentMb, walBytes, nodeBytes: programs.node?.peakRssBytes ?? Number.NaN });
    await emptyVault(place.vault);
  }
  return peaks;
}

function tableOf({ contenders: outcomes, walBytes, cpuRatios: ratios, peaks, kills }: PitrWalFigures): string {
  const gigabytes = walBytes / 1e9;
  const wall = (name: string) => outcomes.find((one) => one.name === name)?.wallS ?? [];
  const rows = outcomes.map((outcome) => [
    outcome.title,
    seconds(outcome.medianS),
    ratio(outcome.ratio),
    mb(walBytes / outcome.medianS),
    seconds(cpuOf(outcome) / gigabytes),
    mb(Math.max(...Object.values(outcome.programs).map(({ peakRssBytes }) => peakRssBytes))),
  ]);
  return [
    formatTable([[`${mb(walBytes)} MB of WAL`, 's', 'x gzip', 'MB/s', 'CPU s a GB', 'MB'], ...rows]),
    `CPU, ours/pg_receivewal: ${RECEIVED.map((one) => `${one} ${ratio(ratios[`to ${one}`] ?? Number.NaN)}`).join(', ')}; ` +
      `by TLS, ours/pgBackRest: CPU ${ratio(ratios['by TLS, to pgBackRest'] ?? Number.NaN)}, ` +
      `time ${ratio(pairedRatio(wall('ours-tls'), wall('pgbackrest')))}`,
    ...peaks.map(
      (peak) => `segments of ${peak.segmentMb} MB, ${mb(peak.walBytes)} MB of WAL: ${mb(peak.nodeBytes)} MB of memory`,
    ),
    ...kills.runs.map(
      ({ who, kills: times, lostBytes }) => `${who}, killed ${times} times: ${lostBytes} bytes of WAL lost`,
    ),
  ].join('\n');
}
