import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildPgClientLayer } from '../../../layers/build/pg-client/layer.ts';
import { hostArchitecture } from '../../../layers/debian/debian-packages.ts';
import {
  bestCompression,
  type ClientPrograms,
  findClientPrograms,
} from '../../../layers/postgres/programs/client-programs.ts';
import { type FunctionName, functionNames } from '../../../layers/settings/functions.ts';
import { ensureBucket } from '../../../layers/vault/bucket.ts';
import type { VaultConfig } from '../../../layers/vault/config.ts';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import { startTestCeph, testStateDir } from '../../support/servers/ceph.ts';
import { freePort, startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { TLS } from '../../support/servers/server-tls.ts';
import { type Bundles, bundleFunctions } from './bundle.ts';
import { startSink } from './sink.ts';

/** What measurements of a dump alone stand on, all of it real but for the sink. */
export interface DumpPlace {
  readonly postgres: TestPostgres;
  readonly client: ClientPrograms;
  readonly psql: string;
  /** What PG_CLIENT_DIR is set to. */
  readonly clientFolder: string;
  /** The compression that our dumps take by default. */
  readonly compression: string;
  /** A bucket that costs nothing. */
  readonly sink: VaultConfig;
  readonly bundles: Bundles;
  /** For files of the measured programs. */
  readonly folder: string;
  end(): Promise<void>;
}

/** Everything that measurements stand on. */
export interface Place extends DumpPlace {
  /** In the real bucket server. */
  readonly vault: Vault;
  /** The same server, by TLS; see {@link TLS}. */
  readonly tlsEndpoint: string;
}

const MAJOR = 18;

/** Brings all of it up; on failure nothing is left running. */
export async function openPlace(): Promise<Place> {
  const place = await openDumpPlace(functionNames({ PITR: 'on' }));
  const tls = {
    ...{ port: await freePort(), certificateFile: path.join(TLS, 'server.pem'), keyFile: path.join(TLS, 'server.key') },
  };
  const ceph = await startTestCeph({ tls }).catch(async (error) => {
    await place.end();
    throw error;
  });
  const end = async () => {
    await ceph.end();
    await place.end();
  };
  try {
    const { endpoint, accessKeyId, secretAccessKey, region } = ceph.s3;
    const vault = openVault({ ...COMMON, region, server: { endpoint, accessKeyId, secretAccessKey } });
    await ensureBucket(vault, { create: true });
    return { ...place, vault, tlsEndpoint: `https://localhost:${tls.port}`, end };
  } catch (error) {
    await end();
    throw error;
  }
}

const COMMON = { bucket: 'bench', prefix: 'pgvouch/', region: 'us-east-1', maxParts: 10_000 } as const;

/** As {@link openPlace}, but without the bucket server, and with the bundles of these functions alone. */
export async function openDumpPlace(names: readonly FunctionName[]): Promise<DumpPlace> {
  const ends: (() => unknown)[] = [];
  const end = async () => {
    for (const one of ends.reverse()) await one();
  };
  const started = async <T>(thing: Promise<T>, stop: (it: T) => unknown): Promise<T> => {
    const it = await thing;
    ends.push(() => stop(it));
    return it;
  };
  try {
    const folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-bench-'));
    ends.push(() => rmSync(folder, { recursive: true, force: true }));
    const build = { major: MAJOR, architecture: hostArchitecture(), stateDir: testStateDir } as const;
    const { binDir } = await buildPgClientLayer({ ...build, mirror: process.env.DEBIAN_MIRROR });
    const [client] = await findClientPrograms([binDir]);
    if (client === undefined) throw new Error('findClientPrograms gives at least one');
    const postgres = await started(startTestPostgres({ settings: SETTINGS }), (it) => it.end());
    const sink = await started(startSink(), (it) => it.end());
    const bundles = await started(bundleFunctions(names), (it) => it.remove());
    return {
      ...{ postgres, client, clientFolder: binDir, bundles, folder, end },
      psql: path.join(binDir, 'psql'),
      compression: await bestCompression(client),
      sink: { ...COMMON, server: { endpoint: sink.endpoint, accessKeyId: 'sink', secretAccessKey: randomUUID() } },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** A common server's memory, and nothing of its own that comes now and then. */
const SETTINGS = { shared_buffers: '256MB', autovacuum: 'off', max_wal_size: '4GB', checkpoint_timeout: '1h' };

/** The variables of a function in this place, as it is deployed. */
export function functionEnvironment(place: DumpPlace, vault: VaultConfig, database: string): Record<string, string> {
  const { target } = place.postgres;
  return {
    MINIO_ENDPOINT: vault.server?.endpoint ?? '',
    MINIO_ACCESS_KEY: String(vault.server?.accessKeyId ?? ''),
    MINIO_SECRET_KEY: String(vault.server?.secretAccessKey ?? ''),
    ...{ AWS_REGION: vault.region, BACKUP_BUCKET: vault.bucket, BACKUP_PREFIX: vault.prefix },
    ...{ POSTGRES_HOST: target.host, POSTGRES_PORT: String(target.port), POSTGRES_USER: target.user },
    ...{ POSTGRES_PASSWORD: target.password ?? '', POSTGRES_DB: database, PG_CLIENT_DIR: place.clientFolder },
    ...{ DUMP_TIMEOUT: '86400', LOG_LEVEL: 'error' },
  };
}

/** Removes everything below the vault's prefix, so that no measurement pays for the one before. */
export async function emptyVault(vault: Vault): Promise<void> {
  for (const { key } of await vault.listAll()) await vault.remove(key);
}
