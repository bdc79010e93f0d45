import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { connect } from '../../../layers/postgres/connect/connection.ts';
import { formatLsn, type Lsn } from '../../../layers/wal/lsn.ts';
import { untilQuiet } from '../measure/quiet.ts';
import { type BenchOptions, programsOf } from '../measure/rounds.ts';
import { type Command, pipeline, quoted, type Run, run } from '../measure/run.ts';
import { median, pairedRatio, rotated } from '../measure/statistics.ts';
import { type BenchCluster, byTls, invocationOn, libpqOf, startBenchCluster } from '../place/cluster.ts';
import { layOutPackage } from '../place/packaged-service.ts';
import { allArchived, archiveBy, configurePgbackrest } from '../place/pgbackrest.ts';
import { fillPgbench, writePgbenchWal } from '../place/pgbench.ts';
import { emptyVault, type Place } from '../place/place.ts';
import { folderForData, type Replay, replay } from '../place/recovered.ts';
import type { Finding } from '../report/results.ts';
import { formatTable, mb, ratio, seconds } from '../report/table.ts';

export interface PitrRestoreFigures {
  readonly rounds: number;
  readonly pgbackrest: string;
  readonly contentBytes: number;
  readonly walBytes: number;
  readonly restores: readonly Restored[];
  /** Of the whole time, ours to each of pgBackRest's. */
  readonly toPgbackrest: Readonly<Record<string, number>>;
}

export interface Restored {
  readonly name: string;
  readonly title: string;
  readonly wallS: readonly number[];
  readonly medianS: number;
  /** Of it, until PostgreSQL is started. */
  readonly filesS: number;
  readonly replayS: number;
  /** Of a call of restore_command, over all rounds; the last few may be asked for what is not there. */
  readonly segmentS: { readonly count: number; readonly mean: number; readonly p50: number; readonly max: number };
  readonly peakRssBytes: number;
}

interface Way {
  readonly name: string;
  readonly title: string;
  command(dataDir: string): Command;
}

const BYTES_A_SCALE = 15e6;

/** A cluster as of a moment, from a bucket until it takes writes: by us, and by pgBackRest. */
export async function benchPitrRestore(
  place: Place,
  { sizeMb, rounds, patienceMs }: BenchOptions,
  tell: (line: string) => void,
): Promise<Finding<PitrRestoreFigures>> {
  const cluster = await startBenchCluster(place);
  const disk = mkdtempSync(path.join(place.folder, 'restore-'));
  // PostgreSQL's user comes by.
  chmodSync(disk, 0o755);
  try {
    const { target, contentBytes, walBytes, rows } = await prepare(place, cluster, sizeMb);
    tell(`${mb(contentBytes)} MB of files, ${mb(walBytes)} MB of WAL`);
    const packaged = path.join(disk, 'package');
    mkdirSync(packaged);
    const program = layOutPackage(packaged);
    const restores: Record<string, { files: Run; replay: Replay }[]> = {};
    for (let round = 1; round <= rounds; round++) {
      for (const way of rotated(waysOf(place, cluster, program, target), round)) {
        await untilQuiet(patienceMs);
        const dataDir = folderForData(disk);
        const files = await run(way.command(dataDir));
        const replayed = await replay(cluster, dataDir, (server) => expectRows(cluster, server.port, rows));
        restores[way.name] = [...(restores[way.name] ?? []), { files, replay: replayed }];
        tell(`round ${round}: ${way.name} ${seconds(files.wallMs / 1000)} s, then ${seconds(replayed.seconds)} s`);
        rmSync(path.dirname(dataDir), { recursive: true, force: true });
      }
    }
    const restored = waysOf(place, cluster, program, target).map((way) => restoredOf(way, restores[way.name] ?? []));
    const wall = (name: string) => restored.find((one) => one.name === name)?.wallS ?? [];
    const others = restored.map(({ name }) => name).filter((name) => name.startsWith('pgbackrest'));
    const figures = {
      ...{ rounds, pgbackrest: cluster.pgbackrest, contentBytes, walBytes, restores: restored },
      toPgbackrest: Object.fromEntries(others.map((name) => [name, pairedRatio(wall('ours-tls'), wall(name))])),
    };
    return { what: 'pitr-restore', figures, table: tableOf(figures) };
  } finally {
    await cluster.end();
    rmSync(disk, { recursive: true, force: true });
    await emptyVault(place.vault);
  }
}

/** A base backup of each, and as much WAL of pgbench after it. */
async function prepare(place: Place, cluster: BenchCluster, sizeMb: number) {
  await cluster.sql('postgres', `SELECT pg_create_physical_replication_slot('ours', true)`);
  await fillPgbench(cluster, Math.round((sizeMb * 1e6) / BYTES_A_SCALE));
  const line = await archiveBy(place, cluster, 2);
  const vault = place.vault.config;
  const took = await run(invocationOn({ place, cluster, vault }, 'base', {}, { PITR_SLOT: 'ours' }));
  const { answer } = JSON.parse(took.stdout.trim().split('\n').at(-1) ?? '') as {
    answer: { readonly contentBytes: number };
  };
  await run(pipeline(`${line} --type=full backup`, libpqOf(cluster)));
  const from = await cluster.flushedTo();
  await writePgbenchWal(cluster, sizeMb * 1e6);
  const [{ rows } = { rows: '' }] = await cluster.sql<{ rows: string }>(
    'postgres',
    'SELECT count(*)::text AS rows FROM pgbench_history',
  );
  const target = await cluster.flushedTo();
  // What comes after the moment, and must not be there.
  await cluster.sql('postgres', 'DELETE FROM pgbench_history');
  await allArchived(cluster);
  await run(invocationOn({ place, cluster, vault }, 'wal', {}, { PITR_SLOT: 'ours' }));
  return { target, rows, contentBytes: answer.contentBytes, walBytes: Number(target - from) };
}

async function expectRows({ target }: BenchCluster, port: number, rows: string): Promise<void> {
  const client = await connect({ ...target, port, sslMode: 'disable' }, 'postgres', 'bench');
  const found = await client.query<{ rows: string }>('SELECT count(*)::text AS rows FROM pgbench_history');
  await client.end();
  if (found.rows[0]?.rows !== rows) throw new Error(`${found.rows[0]?.rows} rows came back instead of ${rows}`);
}

function waysOf(place: Place, cluster: BenchCluster, program: string, target: Lsn): Way[] {
  const ours = (vault: Place['sink']) => (dataDir: string) => {
    const { env } = invocationOn({ place, cluster, vault }, 'wal', {});
    const argv = [process.execPath, program, 'restore', '--cluster', cluster.systemIdentifier];
    return { argv: [...argv, '--to-dir', dataDir, '--at-lsn', formatLsn(target)], env };
  };
  const pgbackrest = (processes: 1 | 2, ahead: boolean) => (dataDir: string) => {
    const line = configurePgbackrest(place, cluster, { processes, ahead, to: dataDir });
    const moment = ['--type=lsn', `--target=${formatLsn(target)}`, '--target-action=promote', '--target-exclusive'];
    return pipeline(`${line} ${quoted(moment)} restore`, libpqOf(cluster));
  };
  return [
    { name: 'ours', title: 'pgvouch, Ceph', command: ours(place.vault.config) },
    { name: 'ours-tls', title: 'pgvouch, Ceph by TLS', command: ours(byTls(place)) },
    { name: 'pgbackrest', title: 'pgBackRest, bundles, process-max=2, by TLS', command: pgbackrest(2, false) },
    { name: 'pgbackrest-ahead', title: 'the same with archive-async', command: pgbackrest(2, true) },
  ];
}

function restoredOf({ name, title }: Way, rounds: readonly { files: Run; replay: Replay }[]): Restored {
  const filesS = rounds.map(({ files }) => files.wallMs / 1000);
  const replayS = rounds.map((one) => one.replay.seconds);
  const wallS = filesS.map((value, round) => value + (replayS[round] ?? Number.NaN));
  const segments = rounds.flatMap((one) => one.replay.segmentsS);
  const usages = Object.values(programsOf(rounds.map(({ files }) => files)));
  return {
    ...{ name, title, wallS, medianS: median(wallS), filesS: median(filesS), replayS: median(replayS) },
    segmentS: {
      count: segments.length / rounds.length,
      mean: segments.reduce((sum, one) => sum + one, 0) / segments.length,
      ...{ p50: median(segments), max: Math.max(...segments) },
    },
    peakRssBytes: Math.max(...usages.map(({ peakRssBytes }) => peakRssBytes)),
  };
}

function tableOf({ restores, contentBytes, walBytes, toPgbackrest }: PitrRestoreFigures): string {
  const rows = restores.map(({ title, medianS, filesS, replayS, segmentS, peakRssBytes }) => [
    title,
    ...[medianS, filesS, replayS].map(seconds),
    ...[segmentS.mean, segmentS.p50, segmentS.max].map((value) => value.toFixed(3)),
    mb(peakRssBytes),
  ]);
  const head = ['s', 'files s', 'replay s', 's a segment', 'p50', 'max', 'MB'];
  return [
    formatTable([[`${mb(contentBytes)} MB of files, ${mb(walBytes)} MB of WAL`, ...head], ...rows]),
    `time, ours/pgBackRest, both by TLS: ${ratio(toPgbackrest.pgbackrest ?? Number.NaN)}, ` +
      `with archive-async ${ratio(toPgbackrest['pgbackrest-ahead'] ?? Number.NaN)}`,
  ].join('\n');
}
