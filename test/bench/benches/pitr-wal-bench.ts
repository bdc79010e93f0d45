import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { formatLsn, type Lsn } from '../../../layers/wal/lsn.ts';
import { segmentName, segmentNumber } from '../../../layers/wal/segments.ts';
import { type BenchOptions, type Outcome, runRounds } from '../measure/rounds.ts';
import { pipeline, quoted, run } from '../measure/run.ts';
import { pairedRatio } from '../measure/statistics.ts';
import { type BenchCluster, byTls, invocationOn, libpqOf, startBenchCluster } from '../place/cluster.ts';
import { CHECKSUM, type Contender, withKeys } from '../place/contenders.ts';
import { configurePgbackrest, repositoryOf } from '../place/pgbackrest.ts';
import { fillPgbench, writePgbenchWal } from '../place/pgbench.ts';
import { emptyVault, type Place } from '../place/place.ts';
import { minioClient, type Rival } from '../place/rivals.ts';
import { endOfSegment, renewSlots, slotsFrom } from '../place/wal-slots.ts';
import type { Finding } from '../report/results.ts';
import { formatTable, mb, ratio, seconds } from '../report/table.ts';
import { type KillFigures, killedRuns } from './pitr-kills.ts';
import { type Peak, QUIET, walMemory } from './pitr-wal-memory.ts';

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

const RECEIVED = ['none', 'lz4', 'gzip'] as const;
const BASE = 'received-gzip';
const UPLOADED = 'received-lz4-mc';
const SCALE = 20;

/** WAL that pgbench has written, brought to where it is safe: by us, by pg_receivewal, and by pgBackRest. */
export async function benchPitrWal(
  place: Place,
  { sizeMb, rounds, patienceMs }: BenchOptions,
  tell: (line: string) => void,
): Promise<Finding<PitrWalFigures>> {
  const cluster = await startBenchCluster(place, { settings: QUIET });
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
    const mc = await minioClient();
    const outcomes = await runRounds(contendersOn(place, cluster, { folder, start, end, mc }), {
      ...{ rounds, base: BASE, onRun: tell, patienceMs, warmUp: false, afterEach },
    });
    const kills = await killedRuns(place, cluster, { start, end, tell });
    await afterEach();
    const peaks = await walMemory(place, cluster);
    const figures = {
      ...{ rounds, pgbackrest: cluster.pgbackrest, walBytes, contenders: outcomes.map(withShellTimes) },
      ...{ cpuRatios: cpuRatios(outcomes.map(withShellTimes)), peaks, kills },
    };
    return { what: 'pitr-wal', figures, table: tableOf(figures) };
  } finally {
    await cluster.end();
  }
}

async function emptyArchive({ vault }: Place, cluster: BenchCluster): Promise<void> {
  const archive = `${repositoryOf(cluster)}/archive/`;
  for (const { key } of await vault.listAll(archive)) if (!key.includes('archive.info')) await vault.remove(key);
}

function contendersOn(
  place: Place,
  cluster: BenchCluster,
  { folder, start, end, mc }: { readonly folder: string; readonly start: Lsn; readonly end: Lsn; readonly mc: Rival },
): Contender[] {
  const env = libpqOf(cluster);
  // By TCP, as we are: through a socket of the same machine it takes half of the CPU.
  const byTcp = { ...env, PGHOST: cluster.target.host };
  const receive = (compression: string) =>
    quoted([
      path.join(cluster.programs, 'pg_receivewal'),
      ...['--no-loop', '--slot=received', `--directory=${folder}`, `--endpos=${formatLsn(end)}`],
      ...[`--compress=${compression}`],
    ]);
  const ours = (vault: Place['sink']) => () =>
    invocationOn({ place, cluster, vault }, 'wal', {}, { PITR_SLOT: 'ours' });
  const { bucket, prefix, server } = place.vault.config;
  const mcEnv = { ...mc.env, HOME: place.folder, MC_HOST_bench: withKeys(server) };
  const to = `bench/${bucket}/${prefix}received/`;
  const upload = quoted([...mc.argv, '--quiet', 'cp', '--recursive', ...CHECKSUM, `${folder}/`, to]);
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
      command: () => pipeline(receive(compression), byTcp),
    })),
    {
      name: UPLOADED,
      title: 'the same with lz4, then mc cp, Ceph',
      // Ceph refuses the signature of one in some hundred files that mc sends.
      command: () =>
        pipeline(`${receive('lz4')}; ${upload} > /dev/null || ${upload} > /dev/null`, { ...byTcp, ...mcEnv }),
    },
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
    'Ceph, to lz4 and mc cp': named('ours') / named(UPLOADED),
    'by TLS, to pgBackRest': named('ours-tls') / named('pgbackrest'),
  };
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
      `the same into Ceph, lz4 and mc cp ${ratio(ratios['Ceph, to lz4 and mc cp'] ?? Number.NaN)}; ` +
      `by TLS, ours/pgBackRest: CPU ${ratio(ratios['by TLS, to pgBackRest'] ?? Number.NaN)}, ` +
      `time ${ratio(pairedRatio(wall('ours-tls'), wall('pgbackrest')))}`,
    ...peaks.map(
      ({ segmentMb, wal, isTls, walBytes: bytes, nodeBytes }) =>
        `segments of ${segmentMb} MB, ${mb(bytes)} MB of WAL${wal === 'random' ? ' that cannot be compressed' : ''}` +
        `${isTls ? ', by TLS' : ''}: ${mb(nodeBytes)} MB of memory`,
    ),
    ...kills.runs.map(
      ({ who, kills: times, lostBytes }) => `${who}, killed ${times} times: ${lostBytes} bytes of WAL lost`,
    ),
  ].join('\n');
}
