import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { formatFiredAt } from '../../../layers/backup/instant.ts';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import { libpqEnvironment } from '../../../layers/postgres/connect/connection.ts';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { LOG_SETTINGS } from '../measure/drill-profile.ts';
import { pipeline, quoted } from '../measure/run.ts';
import type { Contender } from './contenders.ts';
import { detourRestore, detourServer } from './detours.ts';
import { functionEnvironment, type Place } from './place.ts';

/** A drill that differs from what is deployed. */
interface Variant {
  readonly name: string;
  readonly title: string;
  /** Settings of the scratch server that replace pgvouch's. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Changes to pg_restore's arguments; see detours.ts. */
  readonly restore?: string;
  readonly initdb?: true;
  readonly env?: Readonly<Record<string, string>>;
  /** Of the backup whose rows were hashed as well. */
  readonly fingerprints?: true;
}

export interface DrillContender extends Contender {
  /** The log of its server; undefined for what is no drill. */
  readonly logFile: string | undefined;
  /** Where its server's cluster is to be kept before it is measured; undefined where initdb runs each time. */
  readonly keepsIn: string | undefined;
}

export interface Backups {
  readonly plain: Manifest;
  /** Of the same database, with FINGERPRINT=content. */
  readonly withFingerprints: Manifest;
  /** The plain archive as it lies in the bucket, in a local file. */
  readonly file: string;
}

export const AS_IT_IS = 'drill';
export const BEFORE = 'before';
export const PLAIN = 'plain-restore';

const DEFAULTS = {
  wal: { wal_level: 'replica' },
  durable: { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' },
  checkpoints: { max_wal_size: '1GB', checkpoint_timeout: '5min' },
  memory: { shared_buffers: '128MB', maintenance_work_mem: '64MB' },
  rest: { autovacuum: 'on', jit: 'on' },
};
const ONE_JOB = '--jobs=*) a=--jobs=1;;';

function variants({ file }: Backups, roomMb: number): Variant[] {
  const noFile = { DRILL_DISK_MB: String(roomMb) };
  return [
    { name: AS_IT_IS, title: 'a drill' },
    { name: 'wal', title: 'WAL of all rows (wal_level = replica)', settings: DEFAULTS.wal },
    { name: 'durable', title: 'durable (fsync, synchronous_commit, full_page_writes)', settings: DEFAULTS.durable },
    { name: 'checkpoints', title: 'default checkpoints', settings: DEFAULTS.checkpoints },
    { name: 'memory', title: 'default memory (shared_buffers, maintenance_work_mem)', settings: DEFAULTS.memory },
    {
      name: 'serial-indexes',
      title: 'no parallel index builds',
      settings: { max_parallel_maintenance_workers: '0' },
    },
    { name: 'one-job', title: 'one job', restore: ONE_JOB },
    {
      name: 'order',
      title: 'tables in the order of the archive',
      restore: `*/archive.dump) a=${quoted([file])};;`,
    },
    { name: 'initdb', title: 'initdb each time', initdb: true },
    { name: 'read-again', title: 'one job, the archive read from the bucket again', env: noFile },
    { name: 'no-decoding', title: 'reading without decoding', restore: '--file=/dev/null) exec cat > /dev/null;;' },
    { name: 'fingerprints', title: 'with fingerprints of all contents', fingerprints: true },
    {
      name: BEFORE,
      title: 'all of the above but the last two: before',
      settings: { ...DEFAULTS.wal, ...DEFAULTS.durable, ...DEFAULTS.checkpoints, ...DEFAULTS.memory, ...DEFAULTS.rest },
      initdb: true,
      env: noFile,
    },
  ];
}

/**
 * A drill as it is, with each of its measures left off, and a plain pg_restore of the same archive.
 *
 * @param roomMb - disk that is enough for the database, and not for the archive beside it
 * @param plain - a server with default settings
 */
export function drillContenders(
  place: Place,
  folder: string,
  backups: Backups,
  { roomMb, plain, jobs }: { readonly roomMb: number; readonly plain: ConnectionTarget; readonly jobs: number },
): DrillContender[] {
  const psql = quoted([place.psql, '--no-psqlrc', '--quiet', '--command']);
  const restore = quoted([
    ...[place.client.pgRestore, '--exit-on-error', `--jobs=${jobs}`, '--dbname=plain'],
    backups.file,
  ]);
  return [
    ...variants(backups, roomMb).map((variant) => contender(place, folder, backups, variant)),
    {
      name: PLAIN,
      title: `pg_restore --jobs=${jobs} of a local file, into a server with default settings`,
      ...{ logFile: undefined, keepsIn: undefined },
      command: () =>
        pipeline(
          `${psql} 'DROP DATABASE IF EXISTS plain'; ${psql} 'CREATE DATABASE plain'; ${restore}`,
          libpqEnvironment(plain, 'postgres'),
        ),
    },
  ];
}

function contender(place: Place, parent: string, backups: Backups, variant: Variant): DrillContender {
  const { name, title, settings = {}, restore, initdb, env = {}, fingerprints } = variant;
  const folder = path.join(parent, name);
  mkdirSync(folder);
  const detour = { settings: { ...LOG_SETTINGS, ...settings }, keepsClusters: !initdb };
  const { installation, logFile } = detourServer(folder, embeddedPostgres(), detour);
  const client = restore && detourRestore(path.join(folder, 'client'), place.clientFolder, restore);
  const { database, firedAt } = fingerprints ? backups.withFingerprints : backups.plain;
  return {
    ...{ name, title, logFile, keepsIn: initdb ? undefined : installation },
    command: () => ({
      argv: place.bundles.invocation('verify', { database, firedAt: formatFiredAt(new Date(firedAt)) }),
      env: {
        ...functionEnvironment(place, place.vault.config, database),
        ...{ SCRATCH_POSTGRES_DIR: installation, DRILL_FOLDER: place.folder },
        ...(client && { PG_CLIENT_DIR: client }),
        ...env,
      },
    }),
  };
}
