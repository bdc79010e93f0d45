import { availableParallelism } from 'node:os';
import path from 'node:path';
import { formatFiredAt } from '../../../layers/backup/instant.ts';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import { libpqEnvironment } from '../../../layers/postgres/connect/connection.ts';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { makeScratchFolder } from '../../../layers/postgres/places/scratch-folder.ts';
import { startScratchServer } from '../../../layers/postgres/places/scratch-server.ts';
import { type BenchOptions, type Outcome, runRounds } from '../measure/rounds.ts';
import { pipeline, quoted, run } from '../measure/run.ts';
import { pairedRatio } from '../measure/statistics.ts';
import { type Contender, oursTo, withKeys } from '../place/contenders.ts';
import { type BenchDatabase, makeDatabase } from '../place/database.ts';
import { emptyVault, functionEnvironment, type Place } from '../place/place.ts';
import { startPlainServer } from '../place/plain-server.ts';
import { minioClient } from '../place/rivals.ts';
import type { Finding } from '../report/results.ts';
import { formatTable, mb, ratio, seconds } from '../report/table.ts';

export interface VerifyFigures {
  readonly database: BenchDatabase;
  readonly archiveBytes: number;
  readonly rounds: number;
  readonly contenders: readonly Outcome[];
  readonly ratios: Readonly<
    Record<'readToLocalFile' | 'readToMcCat' | 'drillToPlainRestore' | 'drillToSameServer', number>
  >;
}

/** Reading and decoding an archive in the bucket, and a drill, beside what stock programs take for the same. */
export async function benchVerify(
  place: Place,
  { sizeMb, rounds, patienceMs }: BenchOptions,
  tell: (line: string) => void,
): Promise<Finding<VerifyFigures>> {
  const database = await makeDatabase(place.postgres, place.psql, `bench_verify_${sizeMb}`, sizeMb * 1e6);
  const dumped = await run(oursTo(place, place.vault.config, database.name));
  const { answer: manifest } = JSON.parse(dumped.stdout.trim().split('\n').at(-1) ?? '') as { answer: Manifest };
  const jobs = availableParallelism();
  const { folder, remove } = await makeScratchFolder(place.folder);
  const scratch = await startScratchServer({
    ...{ installation: embeddedPostgres(), folder, jobs },
    signal: new AbortController().signal,
  });
  const plain = await startPlainServer(folder);
  try {
    const servers = { plain: plain.target, tuned: scratch.target };
    const outcomes = await runRounds(await contenders(place, manifest, servers, jobs), {
      ...{ rounds, base: 'local-file', onRun: tell, patienceMs },
      // A backup that has its verdict is not verified again.
      afterEach: async () => {
        for (const { key } of await place.vault.listAll()) if (key.includes('/verdict-')) await place.vault.remove(key);
      },
    });
    const wallOf = (name: string) => outcomes.find((one) => one.name === name)?.wallS ?? [];
    const figures: VerifyFigures = {
      ...{ database, archiveBytes: manifest.archive.sizeBytes, rounds, contenders: outcomes },
      ratios: {
        readToLocalFile: pairedRatio(wallOf('ours-read'), wallOf('local-file')),
        readToMcCat: pairedRatio(wallOf('ours-read'), wallOf('mc-cat')),
        drillToPlainRestore: pairedRatio(wallOf('ours-drill'), wallOf('plain-restore')),
        drillToSameServer: pairedRatio(wallOf('ours-drill'), wallOf('tuned-restore')),
      },
    };
    return { what: 'verify', figures, table: tableOf(figures) };
  } finally {
    await plain.stop();
    await scratch.end();
    remove();
    await emptyVault(place.vault);
  }
}

async function contenders(
  place: Place,
  manifest: Manifest,
  servers: Readonly<Record<'plain' | 'tuned', ConnectionTarget>>,
  jobs: number,
): Promise<Contender[]> {
  const { client, vault, folder } = place;
  const mc = await minioClient();
  const mcEnv = { ...mc.env, HOME: folder, MC_HOST_bench: withKeys(vault.config.server) };
  const stored = quoted([...mc.argv, '--quiet', 'cat', `bench/${vault.bucket}/${manifest.archive.key}`]);
  const file = path.join(folder, 'verify.dump');
  await run(pipeline(`${stored} > ${quoted([file])}`, mcEnv));
  const { database, firedAt } = manifest;
  const event = { database, firedAt: formatFiredAt(new Date(firedAt)) };
  const ours = (more: Record<string, string>) => () => ({
    argv: place.bundles.invocation('verify', event),
    env: { ...functionEnvironment(place, vault.config, database), ...more },
  });
  const decode = quoted([client.pgRestore, '--file=/dev/null']);
  const psql = quoted([place.psql, '--no-psqlrc', '--quiet', '--command']);
  const restore = quoted([client.pgRestore, '--exit-on-error', `--jobs=${jobs}`, '--dbname=plain', file]);
  const restoreInto = (server: ConnectionTarget) => () =>
    pipeline(
      `${psql} 'DROP DATABASE IF EXISTS plain'; ${psql} 'CREATE DATABASE plain'; ${restore}`,
      libpqEnvironment(server, 'postgres'),
    );
  return [
    {
      name: 'local-file',
      title: 'pg_restore -f /dev/null, a local file',
      command: () => pipeline(`${decode} ${quoted([file])}`, {}),
    },
    {
      name: 'mc-cat',
      title: 'mc cat | pg_restore -f /dev/null, Ceph',
      command: () => pipeline(`${stored} | ${decode}`, mcEnv),
    },
    { name: 'ours-read', title: 'verify without a drill, Ceph', command: ours({ DRILL: 'off' }) },
    {
      name: 'plain-restore',
      title: `pg_restore --jobs=${jobs}, a local file, default settings`,
      command: restoreInto(servers.plain),
    },
    {
      name: 'tuned-restore',
      title: `pg_restore --jobs=${jobs}, a local file, a drill's settings`,
      command: restoreInto(servers.tuned),
    },
    {
      name: 'ours-drill',
      title: 'verify with a drill, Ceph',
      command: ours({ SCRATCH_POSTGRES_DIR: embeddedPostgres(), DRILL_FOLDER: folder }),
    },
  ];
}

function tableOf({ contenders: outcomes, database, archiveBytes, ratios }: VerifyFigures): string {
  const rows = outcomes.map(({ title, medianS, ratio: toLocal, programs }) => [
    title,
    seconds(medianS),
    ratio(toLocal),
    mb(archiveBytes / medianS),
    mb(database.dataBytes / medianS),
    programs.node ? `${programs.node.cpuS.toFixed(1)} / ${mb(programs.node.peakRssBytes)}` : '',
  ]);
  return [
    formatTable([['', 's', 'x local file', 'archive MB/s', 'data MB/s', 'node CPU s / MB'], ...rows]),
    `read/local file ${ratio(ratios.readToLocalFile)}, read/mc cat ${ratio(ratios.readToMcCat)}, ` +
      `drill/plain restore ${ratio(ratios.drillToPlainRestore)}, ` +
      `drill/restore into the same server ${ratio(ratios.drillToSameServer)}`,
  ].join('\n');
}
