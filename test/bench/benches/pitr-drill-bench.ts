import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { findCluster, readCluster } from '../../../layers/catalog/read-cluster.ts';
import { neededBytes } from '../../../layers/recovery/scratch-needs.ts';
import { isPlan, planRecovery } from '../../../layers/wal/recovery-plan.ts';
import { installationOf } from '../../support/servers/installations.ts';
import { watchDisk } from '../measure/disk.ts';
import { untilQuiet } from '../measure/quiet.ts';
import { type BenchOptions, programsOf } from '../measure/rounds.ts';
import { type Run, run } from '../measure/run.ts';
import { median, pairedRatio } from '../measure/statistics.ts';
import { type BenchCluster, invocationOn, startBenchCluster } from '../place/cluster.ts';
import { layOutPackage } from '../place/packaged-service.ts';
import { fillPgbench, writePgbenchWal } from '../place/pgbench.ts';
import { emptyVault, type Place } from '../place/place.ts';
import { folderForData, replay } from '../place/recovered.ts';
import type { Finding } from '../report/results.ts';
import { formatTable, mb, ratio, seconds } from '../report/table.ts';

export interface PitrDrillFigures {
  readonly rounds: number;
  readonly contentBytes: number;
  readonly walBytes: number;
  readonly drillS: readonly number[];
  /** Of a restore of the same, and the replay. */
  readonly restoreS: readonly number[];
  readonly drillToRestore: number;
  /** The most that a drill took, and what it is reckoned to need. */
  readonly diskBytes: { readonly peak: number; readonly reckoned: number };
  readonly nodeBytes: number;
}

const BYTES_A_SCALE = 15e6;
const SLOT = { PITR_SLOT: 'ours' };

/** A recovery drill beside a restore of the same: files, all WAL, and what only a drill does. */
export async function benchPitrDrill(
  place: Place,
  { sizeMb, rounds, patienceMs }: BenchOptions,
  tell: (line: string) => void,
): Promise<Finding<PitrDrillFigures>> {
  const cluster = await startBenchCluster(place);
  const disk = mkdtempSync(path.join(place.folder, 'drill-'));
  // PostgreSQL's user comes by.
  chmodSync(disk, 0o755);
  const vault = place.vault.config;
  try {
    await cluster.sql('postgres', `SELECT pg_create_physical_replication_slot('${SLOT.PITR_SLOT}', true)`);
    await fillPgbench(cluster, Math.round((sizeMb * 1e6) / BYTES_A_SCALE));
    await run(invocationOn({ place, cluster, vault }, 'base', {}, SLOT));
    const from = await cluster.flushedTo();
    await writePgbenchWal(cluster, sizeMb * 1e6);
    const walBytes = Number((await cluster.flushedTo()) - from);
    await run(invocationOn({ place, cluster, vault }, 'wal', {}, SLOT));
    const { contentBytes, reckoned } = await reckon(place);
    tell(`${mb(contentBytes)} MB of files, ${mb(walBytes)} MB of WAL`);
    const ways = waysOf(place, cluster, disk);
    const drills: Run[] = [];
    const restoreS: number[] = [];
    let peak = 0;
    for (let round = 1; round <= rounds; round++) {
      await untilQuiet(patienceMs);
      const watch = watchDisk(disk);
      drills.push(await ways.drill());
      peak = Math.max(peak, watch.end());
      await untilQuiet(patienceMs);
      restoreS.push(await ways.restore());
      tell(`round ${round}: ${seconds((drills.at(-1)?.wallMs ?? 0) / 1000)} s, ${seconds(restoreS.at(-1) ?? 0)} s`);
    }
    const drillS = drills.map(({ wallMs }) => wallMs / 1000);
    const figures = {
      ...{ rounds, contentBytes, walBytes, drillS, restoreS, drillToRestore: pairedRatio(drillS, restoreS) },
      ...{ diskBytes: { peak, reckoned }, nodeBytes: programsOf(drills).node?.peakRssBytes ?? Number.NaN },
    };
    return { what: 'pitr-drill', figures, table: tableOf(figures) };
  } finally {
    await cluster.end();
    rmSync(disk, { recursive: true, force: true });
    await emptyVault(place.vault);
  }
}

/** What a drill of the newest base backup is taken to need. */
async function reckon({ vault }: Place) {
  const stored = await readCluster(vault, await findCluster(vault, undefined));
  const plan = planRecovery(stored, { kind: 'latest' });
  if (!isPlan(plan)) throw new Error('the cluster cannot be recovered');
  const { chain, objects } = plan;
  const reckoned = neededBytes(chain, objects.length, stored.cluster.segmentSizeBytes);
  return { contentBytes: chain.at(-1)?.base.contentBytes ?? 0, reckoned };
}

function waysOf(place: Place, cluster: BenchCluster, disk: string) {
  const vault = place.vault.config;
  const packaged = path.join(disk, 'package');
  mkdirSync(packaged);
  const program = layOutPackage(packaged);
  const folder = path.join(disk, 'drills');
  mkdirSync(folder, { mode: 0o755 });
  return {
    async drill() {
      const env = { SCRATCH_POSTGRES_DIR: await installationOf(18), SCRATCH_CACHE_DIR: '', DRILL_FOLDER: folder };
      const done = await run(invocationOn({ place, cluster, vault }, 'recovery', {}, env));
      const { answer } = JSON.parse(done.stdout.trim().split('\n').at(-1) ?? '');
      if (answer[0]?.verdict !== 'restorable') throw new Error(`the drill found ${JSON.stringify(answer)}`);
      return done;
    },
    async restore() {
      const { env } = invocationOn({ place, cluster, vault }, 'wal', {});
      const dataDir = folderForData(disk);
      const argv = [process.execPath, program, 'restore', '--cluster', cluster.systemIdentifier, '--to-dir', dataDir];
      const files = await run({ argv, env });
      const replayed = await replay(cluster, dataDir, async () => {});
      rmSync(path.dirname(dataDir), { recursive: true, force: true });
      return files.wallMs / 1000 + replayed.seconds;
    },
  };
}

function tableOf(figures: PitrDrillFigures): string {
  const { contentBytes, walBytes, drillS, restoreS, drillToRestore, diskBytes, nodeBytes } = figures;
  const aGb = (wallS: readonly number[]) => (median(wallS) / ((contentBytes + walBytes) / 1e9)).toFixed(1);
  const row = (title: string, wallS: readonly number[], x: number) => [
    title,
    seconds(median(wallS)),
    ratio(x),
    aGb(wallS),
  ];
  return [
    formatTable([
      [`${mb(contentBytes)} MB of files, ${mb(walBytes)} MB of WAL`, 's', 'x', 's a GB'],
      row('restore --to-dir, and the replay', restoreS, 1),
      row('a recovery drill', drillS, drillToRestore),
    ]),
    `the drill took ${mb(diskBytes.peak)} MB of disk, ${ratio(diskBytes.peak / diskBytes.reckoned)} of the ${mb(diskBytes.reckoned)} MB that are reckoned with, and ${mb(nodeBytes)} MB of memory`,
  ].join('\n');
}
