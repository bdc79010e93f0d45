import { setTimeout as pause } from 'node:timers/promises';
import { type Cage, makeCage } from '../measure/cage.ts';
import type { BenchOptions } from '../measure/rounds.ts';
import { type BenchDatabase, makeDatabase } from '../place/database.ts';
import { type PackagedService, startPackagedService } from '../place/packaged-service.ts';
import { emptyVault, type Place } from '../place/place.ts';
import type { Finding } from '../report/results.ts';
import { formatTable, mb, seconds } from '../report/table.ts';
import { OLD_CONTAINER } from './cage-bench.ts';

const LIMITS = { memoryBytes: 512 * 2 ** 20, cpus: 0.5 };
const WATCH_MS = 100;
/** How long nothing may happen before it is idle. */
const IDLE_MS = 15_000;

export interface ServiceFigures {
  readonly database: BenchDatabase;
  /** Empty where no control group could be made: then nothing was measured. */
  readonly phases: readonly Phase[];
}

export interface Phase {
  readonly name: string;
  readonly durationS: number;
  /** The largest of all processes together, without pages of files that nobody used lately. */
  readonly peakBytes: number;
  readonly oomKills: number;
}

/**
 * What `pgvouch serve` needs within the limits of the old container: idle, in a dump, in a verify with its drill, and in a dump
 * of one database while the backup of another is verified.
 */
export async function benchService(
  place: Place,
  { sizeMb }: BenchOptions,
  tell: (line: string) => void,
): Promise<Finding<ServiceFigures>> {
  const database = await makeDatabase(place.postgres, place.psql, 'bench_service', sizeMb * 1e6);
  const cage = makeCage(LIMITS);
  const phases = cage === undefined ? [] : await measure(place, database.name, cage, tell);
  const figures = { database, phases };
  return { what: 'service', figures, table: tableOf(figures) };
}

async function measure(place: Place, database: string, cage: Cage, tell: (line: string) => void): Promise<Phase[]> {
  const phases: Phase[] = [];
  const databases = [database, `${database}_again`];
  await place.postgres.sql('postgres', `CREATE DATABASE ${databases[1]} TEMPLATE ${database}`);
  const watch = async (name: string, work: () => Promise<unknown>) => {
    const phase = await watched(name, cage, work);
    tell(`${name}: ${mb(phase.peakBytes)} MB, ${seconds(phase.durationS)} s, ${phase.oomKills} OOM kills`);
    phases.push(phase);
  };
  try {
    const idle = await startPackagedService(place, { cage, databases, first: false });
    try {
      await idle.logged('pgvouch is running');
      await pause(IDLE_MS);
      await watch('idle', () => pause(IDLE_MS));
    } finally {
      await idle.end();
    }
    const busy = await startPackagedService(place, { cage, databases, first: true });
    try {
      await watch('a dump', async () => {
        await busy.logged('pgvouch is running');
        await busy.logged('dump finished');
      });
      const [first, second] = await inOrder(place, databases);
      await watch('the dump of another, and verify with its drill, at once', async () => {
        await notify(busy, place, first);
        await Promise.all([busy.logged('dump finished', 2), busy.logged('verified')]);
      });
      await watch('verify with its drill', async () => {
        await notify(busy, place, second);
        await busy.logged('verified', 2);
      });
    } finally {
      await busy.end();
    }
    return phases;
  } finally {
    await emptyVault(place.vault);
    cage.remove();
  }
}

async function watched(name: string, cage: Cage, work: () => Promise<unknown>): Promise<Phase> {
  const before = cage.oomKills();
  const startedAt = performance.now();
  let peakBytes = 0;
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, cage.workingSetBytes());
  }, WATCH_MS);
  await work().finally(() => clearInterval(timer));
  return { name, durationS: (performance.now() - startedAt) / 1000, peakBytes, oomKills: cage.oomKills() - before };
}

/** The databases in the order of their dumps, of which one has ended. */
async function inOrder({ vault }: Place, databases: readonly string[]): Promise<readonly string[]> {
  const keys = (await vault.listAll()).map(({ key }) => key);
  const isDumped = (database: string) => keys.some((key) => isManifestOf(key, database));
  return databases.toSorted((a, b) => Number(isDumped(b)) - Number(isDumped(a)));
}

/** As Ceph would. */
async function notify({ notifyUrl }: PackagedService, { vault }: Place, database = ''): Promise<void> {
  const key = (await vault.listAll()).find((one) => isManifestOf(one.key, database))?.key;
  const s3 = { bucket: { name: vault.config.bucket }, object: { key } };
  const body = JSON.stringify({ Records: [{ eventSource: 'ceph:s3', eventName: 'ObjectCreated:Put', s3 }] });
  await fetch(notifyUrl, { method: 'POST', body });
}

function isManifestOf(key: string, database: string): boolean {
  return key.includes(`/${database}/`) && key.endsWith('/manifest.json');
}

function tableOf({ phases, database }: ServiceFigures): string {
  if (phases.length === 0) return 'no control group could be made here: nothing was measured';
  return formatTable([
    [`${OLD_CONTAINER}, ${mb(database.dataBytes)} MB of data`, 'MB', 's', 'OOM kills'],
    ...phases.map(({ name, peakBytes, durationS, oomKills }) => [
      ...[name, mb(peakBytes), name === 'idle' ? '' : seconds(durationS), String(oomKills)],
    ]),
  ]);
}
