import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TLS } from '../../support/servers/server-tls.ts';
import { pipeline, quoted, run } from '../measure/run.ts';
import { type BenchCluster, libpqOf } from './cluster.ts';
import type { Place } from './place.ts';

export const STANZA = 'main';
/** In the bucket, beside the vault's prefix: each measurement has a cluster of its own. */
export function repositoryOf({ systemIdentifier }: Pick<BenchCluster, 'systemIdentifier'>): string {
  return `pgbackrest/${systemIdentifier}`;
}

interface PgbackrestOptions {
  readonly processes?: 1 | 2;
  /** The data directory; the server's by default. */
  readonly to?: string;
  /** Whether it fetches WAL ahead while a server recovers. */
  readonly ahead?: boolean;
}

/**
 * Writes pgBackRest's configuration for a server: the same bucket server, by TLS, zstd at our level instead of its own gzip,
 * and small files bundled into one object, which a bucket takes sooner than one object for each of them.
 *
 * @returns the line that begins its command line, for a shell
 * @see https://pgbackrest.org/configuration.html
 */
export function configurePgbackrest(
  place: Place,
  cluster: BenchCluster,
  { processes = 1, to = cluster.dataDir, ahead = false }: PgbackrestOptions = {},
): string {
  const folder = path.join(path.dirname(cluster.dataDir), 'pgbackrest');
  for (const made of ['', 'lock', 'spool']) {
    mkdirSync(path.join(folder, made), { recursive: true });
    chmodSync(path.join(folder, made), 0o1777);
  }
  const program = path.join(cluster.programs, 'pgbackrest');
  const { server, bucket, region } = place.vault.config;
  const endpoint = new URL(place.tlsEndpoint);
  const settings = {
    ...{ 'repo1-type': 's3', 'repo1-path': `/${repositoryOf(cluster)}`, 'repo1-s3-bucket': bucket },
    ...{ 'repo1-s3-region': region, 'repo1-s3-uri-style': 'path' },
    ...{ 'repo1-s3-endpoint': endpoint.hostname, 'repo1-storage-port': endpoint.port },
    ...{ 'repo1-s3-key': String(server?.accessKeyId), 'repo1-s3-key-secret': String(server?.secretAccessKey) },
    ...{ 'repo1-storage-ca-file': path.join(TLS, 'ca.pem'), 'repo1-retention-full': '99' },
    ...{ 'repo1-bundle': 'y', 'start-fast': 'y', 'process-max': String(processes) },
    ...{ 'compress-type': 'zst', 'compress-level': '1' },
    ...{ 'log-level-console': 'off', 'log-level-stderr': 'warn', 'log-level-file': 'off' },
    ...{ 'archive-async': ahead ? 'y' : 'n', 'allow-root': process.getuid?.() === 0 ? 'y' : 'n' },
    ...{ 'lock-path': path.join(folder, 'lock'), 'spool-path': path.join(folder, 'spool') },
  };
  const stanza = {
    ...{ cmd: program, 'pg1-path': to, 'pg1-socket-path': cluster.socketDir },
    ...{ 'pg1-port': String(cluster.target.port), 'pg1-user': cluster.target.user },
  };
  const section = (name: string, of: Readonly<Record<string, string>>) =>
    [`[${name}]`, ...Object.entries(of).map(([key, value]) => `${key}=${value}`), ''].join('\n');
  const file = path.join(folder, `${path.basename(to)}-${processes}${ahead ? '-ahead' : ''}.conf`);
  // PostgreSQL's user reads it, too.
  writeFileSync(file, `${section('global', settings)}${section(STANZA, stanza)}`, { mode: 0o644 });
  return quoted([program, `--config=${file}`, `--stanza=${STANZA}`]);
}

/**
 * Makes the repository, if need be, and has the server archive its WAL there from now on: pgBackRest's backups wait for theirs.
 *
 * @returns the line that begins its command line, for a shell
 */
export async function archiveBy(place: Place, cluster: BenchCluster, processes: 1 | 2): Promise<string> {
  const line = configurePgbackrest(place, cluster, { processes });
  await run(pipeline(`${line} stanza-create`, libpqOf(cluster)));
  const command = `${line} archive-push %p`.replaceAll("'", "''");
  await cluster.sql('postgres', `ALTER SYSTEM SET archive_command = '${command}'`);
  await cluster.sql('postgres', 'SELECT pg_reload_conf()');
  const isSet = `SELECT FROM pg_settings WHERE name = 'archive_command' AND setting = '${command}'`;
  while ((await cluster.sql('postgres', isSet)).length === 0) await delay(50);
  await allArchived(cluster);
  return line;
}

/** Waits until the server's archiver has handed on all WAL so far. */
export async function allArchived(cluster: BenchCluster): Promise<void> {
  // Where nothing was written since the last switch there is nothing to switch.
  await cluster.sql('postgres', `SELECT pg_logical_emit_message(true, 'bench', 'so that there is WAL')`);
  const [row] = await cluster.sql<{ name: string }>('postgres', 'SELECT pg_walfile_name(pg_switch_wal()) AS name');
  const last = `SELECT FROM pg_stat_archiver WHERE last_archived_wal >= '${row?.name}'`;
  while ((await cluster.sql('postgres', last)).length === 0) await delay(100);
}
