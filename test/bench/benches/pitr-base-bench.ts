import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { type BenchOptions, type Outcome, runRounds } from '../measure/rounds.ts';
import { pipeline, quoted, run } from '../measure/run.ts';
import { pairedRatio } from '../measure/statistics.ts';
import { byTls, invocationOn, libpqOf, startBenchCluster } from '../place/cluster.ts';
import type { Contender } from '../place/contenders.ts';
import { archiveBy } from '../place/pgbackrest.ts';
import { fillPgbench } from '../place/pgbench.ts';
import { emptyVault, type Place } from '../place/place.ts';
import type { Finding } from '../report/results.ts';
import { formatTable, mb, ratio, seconds } from '../report/table.ts';

export interface PitrBaseFigures {
  readonly rounds: number;
  readonly pgbackrest: string;
  /** Of the cluster's files, as BASE_BACKUP sends them. */
  readonly contentBytes: number;
  readonly storedBytes: number;
  readonly contenders: readonly Outcome[];
  /** Of wall time, by TLS. */
  readonly toPgbackrest: Readonly<Record<1 | 2, number>>;
}

const BASE = 'pg_basebackup';
const BYTES_A_SCALE = 15e6;

/** A base backup from end to end: by us, by pg_basebackup into a folder, and by pgBackRest. */
export async function benchPitrBase(
  place: Place,
  { sizeMb, rounds, patienceMs }: BenchOptions,
  tell: (line: string) => void,
): Promise<Finding<PitrBaseFigures>> {
  const cluster = await startBenchCluster(place);
  try {
    await cluster.sql('postgres', `SELECT pg_create_physical_replication_slot('ours', true)`);
    await fillPgbench(cluster, Math.round((sizeMb * 1e6) / BYTES_A_SCALE));
    await run(invocationOn({ place, cluster, vault: place.vault.config }, 'wal', {}, { PITR_SLOT: 'ours' }));
    const env = libpqOf(cluster);
    const folder = path.join(place.folder, 'basebackup');
    const afterEach = async () => {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      await emptyVault(place.vault);
    };
    await afterEach();
    // The slot lets WAL go only from here on: a run begins with little of it.
    await cluster.sql('postgres', 'CHECKPOINT');
    let firings = 0;
    const ours = (vault: Place['sink']) => () => {
      const time = new Date(Math.floor(Date.now() / 1000 - 86_400 + firings++) * 1000).toISOString();
      return invocationOn({ place, cluster, vault }, 'base', { time }, { PITR_SLOT: 'ours' });
    };
    const pgbackrest = async (processes: 1 | 2): Promise<Contender> => {
      const line = await archiveBy(place, cluster, processes);
      return {
        name: `pgbackrest-${processes}`,
        title: `pgBackRest, bundles, process-max=${processes}, Ceph by TLS`,
        command: () => pipeline(`${line} --type=full backup`, env),
      };
    };
    const contenders: Contender[] = [
      {
        name: BASE,
        title: 'pg_basebackup -Ft --compress=server-zstd:1, a folder',
        command: () =>
          pipeline(
            quoted([
              path.join(cluster.programs, 'pg_basebackup'),
              ...['--format=tar', '--compress=server-zstd:1', '--wal-method=fetch', '--checkpoint=fast'],
              ...['--manifest-checksums=SHA256', `--pgdata=${folder}`],
            ]),
            env,
          ),
      },
      { name: 'ours', title: 'pgvouch, Ceph', command: ours(place.vault.config) },
      { name: 'ours-tls', title: 'pgvouch, Ceph by TLS', command: ours(byTls(place)) },
      await pgbackrest(1),
      await pgbackrest(2),
    ];
    const outcomes = await runRounds(contenders, {
      ...{ rounds, base: BASE, onRun: tell, patienceMs, warmUp: false, afterEach },
    });
    const wall = (name: string) => outcomes.find((one) => one.name === name)?.wallS ?? [];
    const report = JSON.parse(outcomes.find(({ name }) => name === 'ours')?.said ?? '{}') as Report;
    const figures = {
      ...{ rounds, pgbackrest: cluster.pgbackrest, contenders: outcomes },
      contentBytes: report.answer.contentBytes,
      storedBytes: report.answer.tablespaces.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      toPgbackrest: {
        1: pairedRatio(wall('ours-tls'), wall('pgbackrest-1')),
        2: pairedRatio(wall('ours-tls'), wall('pgbackrest-2')),
      },
    };
    return { what: 'pitr-base', figures, table: tableOf(figures) };
  } finally {
    await cluster.end();
  }
}

interface Report {
  readonly answer: { readonly contentBytes: number; readonly tablespaces: readonly { readonly sizeBytes: number }[] };
}

function tableOf({ contenders, contentBytes, storedBytes, toPgbackrest }: PitrBaseFigures): string {
  const rows = contenders.map(({ title, medianS, ratio: toBase, programs }) => [
    title,
    seconds(medianS),
    ratio(toBase),
    mb(contentBytes / medianS),
    seconds(Object.values(programs).reduce((sum, { cpuS }) => sum + cpuS, 0) / (contentBytes / 1e9)),
    mb(Math.max(...Object.values(programs).map(({ peakRssBytes }) => peakRssBytes))),
  ]);
  return [
    formatTable([[`${mb(contentBytes)} MB of files`, 's', 'x', 'MB/s', 'own CPU s a GB', 'MB'], ...rows]),
    `stored: ${mb(storedBytes)} MB; time, ours/pgBackRest, both by TLS: ` +
      `${ratio(toPgbackrest[1])} of one process, ${ratio(toPgbackrest[2])} of two`,
  ].join('\n');
}
