import { chmodSync, createWriteStream, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { clusterBytes } from '../../../functions/verify/scratch.ts';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import { makeScratchFolder } from '../../../layers/postgres/places/scratch-folder.ts';
import { type DrillProfile, PHASES, profileOf, WORKS } from '../measure/drill-profile.ts';
import { type BenchOptions, type Outcome, runRounds } from '../measure/rounds.ts';
import { run } from '../measure/run.ts';
import { median, pairedRatio } from '../measure/statistics.ts';
import { oursTo } from '../place/contenders.ts';
import { keepCluster } from '../place/detours.ts';
import {
  AS_IT_IS,
  type Backups,
  BEFORE,
  type DrillContender,
  drillContenders,
  PLAIN,
} from '../place/drill-contenders.ts';
import { type DrillDatabase, makeDrillDatabase } from '../place/drill-database.ts';
import { emptyVault, type Place } from '../place/place.ts';
import { startPlainServer } from '../place/plain-server.ts';
import type { Finding } from '../report/results.ts';
import { formatTable, ratio, seconds } from '../report/table.ts';

export interface DrillFigures {
  readonly database: DrillDatabase;
  readonly archiveBytes: number;
  readonly rounds: number;
  readonly contenders: readonly Outcome[];
  /** By contender; medians of the rounds. */
  readonly profiles: Readonly<Record<string, DrillProfile>>;
  readonly ratios: Readonly<Record<'drillToPlainRestore' | 'beforeToDrill', number>>;
}

/** Where the time of a drill goes, and what each of its measures is worth: the drill without that one. */
export async function benchDrill(
  place: Place,
  { sizeMb, rounds, patienceMs }: BenchOptions,
  tell: (line: string) => void,
): Promise<Finding<DrillFigures>> {
  const database = await makeDrillDatabase(place.postgres, place.psql, `bench_drill_${sizeMb}`, sizeMb * 1e6);
  const backups = await backedUp(place, database.name);
  const jobs = availableParallelism();
  const detours = mkdtempSync(path.join(tmpdir(), 'pgvouch-drill-'));
  chmodSync(detours, 0o755);
  const { folder, remove } = await makeScratchFolder(place.folder);
  const plain = await startPlainServer(folder);
  try {
    const { sizeBytes } = backups.plain.archive;
    const roomMb = Math.ceil((clusterBytes(backups.plain) + sizeBytes / 2) / 1e6);
    const contenders = drillContenders(place, detours, backups, { roomMb, plain: plain.target, jobs });
    for (const { keepsIn } of contenders) if (keepsIn !== undefined) await keepCluster(keepsIn);
    const watched = watchLogs(contenders);
    const outcomes = await runRounds(watched.contenders, {
      ...{ rounds, base: AS_IT_IS, onRun: tell, patienceMs, warmUp: false },
      // A backup that has its verdict is not verified again.
      afterEach: async () => {
        await removeVerdicts(place);
        watched.read();
      },
    });
    const wallOf = (name: string) => outcomes.find((one) => one.name === name)?.wallS ?? [];
    const figures: DrillFigures = {
      ...{ database, archiveBytes: sizeBytes, rounds, contenders: outcomes, profiles: watched.profiles() },
      ratios: {
        drillToPlainRestore: pairedRatio(wallOf(AS_IT_IS), wallOf(PLAIN)),
        beforeToDrill: pairedRatio(wallOf(BEFORE), wallOf(AS_IT_IS)),
      },
    };
    return { what: 'drill', figures, table: tableOf(figures) };
  } finally {
    await plain.stop();
    remove();
    rmSync(detours, { recursive: true, force: true });
    await emptyVault(place.vault);
  }
}

async function backedUp(place: Place, database: string): Promise<Backups> {
  const dump = async (more: Record<string, string>) => {
    const { argv, env } = oursTo(place, place.vault.config, database);
    const { stdout } = await run({ argv, env: { ...env, ...more } });
    return (JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { answer: Manifest }).answer;
  };
  const plain = await dump({ FINGERPRINT: 'counts' });
  const withFingerprints = await dump({ FINGERPRINT: 'content' });
  const file = path.join(place.folder, 'drill.dump');
  await pipeline(Readable.from((await place.vault.getBytes(plain.archive.key)) ?? []), createWriteStream(file));
  return { plain, withFingerprints, file };
}

/** @throws Error if a drill has proved less than everything: then it was not what was to be measured */
async function removeVerdicts({ vault }: Place): Promise<void> {
  for (const { key } of await vault.listAll()) {
    if (!key.includes('/verdict-')) continue;
    if (!key.includes('/verdict-restorable')) throw new Error(`${key}: ${await vault.getText(key)}`);
    await vault.remove(key);
  }
}

/** The same contenders; what their servers log is read after each run. */
function watchLogs(contenders: readonly DrillContender[]) {
  const found = new Map<string, DrillProfile[]>();
  let current: { readonly of: DrillContender; readonly startedAtMs: number } | undefined;
  return {
    contenders: contenders.map((of) => ({
      ...of,
      command() {
        if (of.logFile !== undefined) truncateSync(of.logFile);
        current = { of, startedAtMs: Date.now() };
        return of.command();
      },
    })),
    read() {
      if (current?.of.logFile === undefined) return;
      const profile = profileOf(readFileSync(current.of.logFile, 'utf8'), current.startedAtMs, Date.now());
      found.set(current.of.name, [...(found.get(current.of.name) ?? []), profile]);
    },
    profiles: () => Object.fromEntries(Array.from(found, ([name, all]) => [name, medianOf(all)])),
  };
}

function medianOf(profiles: readonly DrillProfile[]): DrillProfile {
  const of = <K extends string>(names: readonly K[], value: (one: DrillProfile, name: K) => number) =>
    Object.fromEntries(names.map((name) => [name, median(profiles.map((one) => value(one, name)))])) as Record<
      K,
      number
    >;
  return {
    phases: of(PHASES, ({ phases }, name) => phases[name]),
    sessions: of(WORKS, ({ sessions }, name) => sessions[name]),
  };
}

function tableOf({ contenders, profiles, ratios }: DrillFigures): string {
  const profileRow = ({ name, title, medianS }: Outcome) => {
    const profile = profiles[name];
    if (profile === undefined) return [];
    const { phases, sessions } = profile;
    return [
      [
        title,
        seconds(medianS),
        ...PHASES.map((one) => seconds(phases[one])),
        ...WORKS.map((one) => seconds(sessions[one])),
      ],
    ];
  };
  const rows = contenders.map(({ title, medianS, ratio: toDrill }) => [title, seconds(medianS), ratio(toDrill)]);
  return [
    formatTable([['', 's', ...PHASES, ...WORKS], ...contenders.flatMap(profileRow)]),
    '',
    formatTable([['', 's', 'x a drill'], ...rows]),
    `drill/plain restore ${ratio(ratios.drillToPlainRestore)}, before/drill ${ratio(ratios.beforeToDrill)}`,
  ].join('\n');
}
