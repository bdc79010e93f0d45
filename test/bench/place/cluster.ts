import { chmodSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runtimeEnvironment } from '../../../layers/settings/functions.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { coverage } from '../../../layers/wal/coverage.ts';
import { holdingsOf } from '../../../layers/wal/holdings.ts';
import { walFolder } from '../../../layers/wal/keys.ts';
import { type Lsn, parseLsn } from '../../../layers/wal/lsn.ts';
import { ancestry } from '../../../layers/wal/timelines.ts';
import { installationOf } from '../../support/servers/installations.ts';
import { PASSWORD, startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { TLS } from '../../support/servers/server-tls.ts';
import type { Command } from '../measure/run.ts';
import { functionEnvironment, type Place } from './place.ts';
import { postgresRivals } from './rivals.ts';

/** A server whose files and WAL are backed up: Debian's, which compresses base backups itself. */
export interface BenchCluster extends TestPostgres {
  readonly dataDir: string;
  /** Where its Unix socket is; everybody enters there without a password. */
  readonly socketDir: string;
  /** Programs of PostgreSQL and pgBackRest, by name; see {@link postgresRivals}. */
  readonly programs: string;
  readonly pgbackrest: string;
  readonly systemIdentifier: string;
  readonly segmentSizeBytes: number;
  /** Up to here the server has flushed WAL. */
  flushedTo(): Promise<Lsn>;
}

export const CLUSTER_SETTINGS = {
  ...{ wal_level: 'replica', max_wal_senders: '10', max_replication_slots: '20', full_page_writes: 'on' },
  ...{ shared_buffers: '256MB', max_wal_size: '1GB', wal_keep_size: '16GB' },
  // What is set as a server starts, ALTER SYSTEM cannot change: archive_command is not.
  archive_mode: 'on',
};

const HBA = [
  'local all all trust',
  'local replication all trust',
  'host all all 127.0.0.1/32 scram-sha-256',
  'host replication all 127.0.0.1/32 scram-sha-256',
  '',
].join('\n');

/** Starts one in a folder of the place. */
export async function startBenchCluster(
  place: Place,
  { segmentMb = 16, settings = {} }: { segmentMb?: number; settings?: Readonly<Record<string, string>> } = {},
): Promise<BenchCluster> {
  const folder = mkdtempSync(path.join(place.folder, 'cluster-'));
  const [socketDir, programs] = [path.join(folder, 'socket'), path.join(folder, 'bin')];
  for (const made of [socketDir, programs]) mkdirSync(made);
  for (const open of [place.folder, folder]) chmodSync(open, 0o755);
  chmodSync(socketDir, 0o1777);
  const { pgbackrest } = await postgresRivals(programs);
  const installation = await installationOf(18);
  const postgres = await startTestPostgres({
    ...{ folder, hba: HBA, installation: withSegments(installation, segmentMb, path.join(folder, 'installation')) },
    settings: { ...CLUSTER_SETTINGS, unix_socket_directories: socketDir, ...settings },
  });
  const [control] = await postgres.sql<{ id: string }>(
    'postgres',
    'SELECT system_identifier::text AS id FROM pg_control_system()',
  );
  return {
    ...postgres,
    ...{ dataDir: path.join(folder, 'data'), socketDir, programs, pgbackrest },
    ...{ systemIdentifier: control?.id ?? '', segmentSizeBytes: segmentMb * 1024 ** 2 },
    async flushedTo() {
      const [row] = await postgres.sql<{ lsn: string }>('postgres', 'SELECT pg_current_wal_flush_lsn()::text AS lsn');
      return parseLsn(row?.lsn ?? '') ?? 0n;
    },
  };
}

/** The same installation, but its initdb makes segments of another size. */
function withSegments(installation: string, segmentMb: number, here: string): string {
  if (segmentMb === 16) return installation;
  mkdirSync(path.join(here, 'bin'), { recursive: true });
  for (const part of ['usr', 'etc']) symlinkSync(path.join(installation, part), path.join(here, part));
  for (const [program, added] of [
    ['postgres', ''],
    ['initdb', ` --wal-segsize=${segmentMb}`],
  ] as const) {
    const line = `#!/bin/sh\nexec '${installation}/bin/${program}'${added} "$@"\n`;
    writeFileSync(path.join(here, 'bin', program), line, { mode: 0o755 });
  }
  return here;
}

/** What a program of libpq's needs to enter it. */
export function libpqOf({ target, socketDir }: BenchCluster): Record<string, string> {
  return { PGHOST: socketDir, PGPORT: String(target.port), PGUSER: target.user, PGPASSWORD: PASSWORD };
}

/** One invocation of a function, as deployed. */
export function invocationOn(
  { place, cluster, vault }: { place: Place; cluster: BenchCluster; vault: Place['sink'] },
  name: 'wal' | 'base' | 'recovery',
  event: unknown,
  env: Readonly<Record<string, string>> = {},
): Command {
  const {
    POSTGRES_USER = '',
    POSTGRES_PASSWORD = '',
    ...variables
  } = functionEnvironment({ ...place, postgres: cluster }, vault, 'postgres');
  return {
    argv: place.bundles.invocation(name, event),
    env: {
      ...variables,
      ...runtimeEnvironment(name),
      ...{ PITR: 'on', REPLICATION_USER: POSTGRES_USER, REPLICATION_PASSWORD: POSTGRES_PASSWORD },
      ...{ NODE_EXTRA_CA_CERTS: path.join(TLS, 'ca.pem'), AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
      ...env,
    },
  };
}

/** The same vault, reached by TLS: pgBackRest speaks nothing else. */
export function byTls({ vault, tlsEndpoint }: Place): Place['sink'] {
  const { config } = vault;
  return { ...config, ...(config.server && { server: { ...config.server, endpoint: tlsEndpoint } }) };
}

/** How far the bucket's WAL goes without a gap from a position on. */
export async function reachedIn(vault: Vault, cluster: BenchCluster, from: Lsn): Promise<Lsn> {
  const objects = await vault.listAll(walFolder(vault.prefix, cluster.systemIdentifier));
  const holdings = holdingsOf(vault.prefix, cluster.systemIdentifier, objects, cluster.segmentSizeBytes);
  return coverage(holdings, ancestry(1, new Map()), from)[0].to;
}
