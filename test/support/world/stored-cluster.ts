import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { connect } from '../../../layers/postgres/connect/connection.ts';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';
import { NOBODY } from '../../../layers/postgres/places/daemon.ts';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { startEmbeddedServer } from '../../../layers/postgres/places/embedded-server.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import type { Base } from '../../../layers/wal/base.ts';
import type { Cluster } from '../../../layers/wal/cluster.ts';
import { baseFileKey, baseKey, clusterKey, historyKey, partialKey, segmentKey } from '../../../layers/wal/keys.ts';
import { parseLsn } from '../../../layers/wal/lsn.ts';
import { offsetInSegment, parseSegmentName, segmentName, segmentNumber } from '../../../layers/wal/segments.ts';
import { runFolder } from '../run/run-folder.ts';
import { freePort, PASSWORD, startTestPostgres } from '../servers/postgres.ts';

/** A server whose cluster is stored by hand, in the format of docs/format.md. */
export interface ClusterServer {
  readonly target: ConnectionTarget;
  readonly dataDir: string;
}

const ATTEMPT = '0a7c9d3e-5b1f-4c2d-8e6a-1f2b3c4d5e6f';

/** However long the tests take, no WAL is removed before it is stored. */
const SETTINGS = { full_page_writes: 'on', autovacuum: 'off', checkpoint_timeout: '1d' };

/** A server with an empty table `rows`, and a base backup of it in the vault; no WAL is there yet. */
export async function startStoredCluster(vault: Vault, settings: Readonly<Record<string, string>> = {}) {
  const folder = runFolder('original');
  const postgres = await startTestPostgres({ folder, settings: { ...SETTINGS, ...settings } });
  const server = { target: postgres.target, dataDir: path.join(folder, 'data') };
  await postgres.sql('postgres', 'CREATE TABLE rows (number int)');
  const cluster = await storeCluster(vault, server);
  await storeBase(vault, cluster, server);
  return { postgres, server, cluster };
}

export async function storeCluster(vault: Vault, server: ClusterServer): Promise<Cluster> {
  const [row] = await ask(server, `SELECT system_identifier::text AS id FROM pg_control_system()`);
  const [size] = await ask(server, `SELECT setting AS bytes FROM pg_settings WHERE name = 'wal_segment_size'`);
  const [major] = await ask(server, `SELECT current_setting('server_version_num')::int / 10000 AS major`);
  const cluster: Cluster = {
    ...{ format: 'pgvouch/cluster', formatVersion: 1, systemIdentifier: String(row?.id) },
    ...{ segmentSizeBytes: Number(size?.bytes), major: Number(major?.major), createdAt: new Date().toISOString() },
  };
  await vault.put(clusterKey(vault.prefix, cluster.systemIdentifier), JSON.stringify(cluster));
  return cluster;
}

/** A base backup as BASE_BACKUP would give it: its files, a label, and no WAL. */
export async function storeBase(vault: Vault, cluster: Cluster, server: ClusterServer): Promise<Base> {
  const startedAt = new Date(Math.floor(Date.now() / 1000) * 1000);
  const copy = runFolder('base');
  const client = await connect(server.target, 'postgres', 'test');
  const name = { systemIdentifier: cluster.systemIdentifier, startedAt };
  try {
    const { rows: started } = await client.query(`SELECT pg_backup_start('by hand', true)::text AS lsn,
      ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int AS timeline`);
    const left = /\/(pg_wal\/.+|postmaster\.(pid|opts))$/;
    cpSync(server.dataDir, copy, { recursive: true, filter: (file) => !left.test(file) });
    const { rows: stopped } = await client.query(
      `SELECT lsn::text, labelfile, clock_timestamp() AS at FROM pg_backup_stop(false)`,
    );
    writeFileSync(path.join(copy, 'backup_label'), stopped[0].labelfile, { mode: 0o600 });
    const tar = execFileSync('tar', ['-C', copy, '-cf', '-', '.'], { maxBuffer: 2 ** 30 });
    const stored = async (file: string, bytes: Buffer) => {
      await putBytes(vault, baseFileKey(vault.prefix, name, ATTEMPT, file), bytes);
      return { file, sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
    };
    const base: Base = {
      ...{ format: 'pgvouch/base', formatVersion: 1, systemIdentifier: cluster.systemIdentifier },
      ...{ startedAt: startedAt.toISOString(), attempt: ATTEMPT, label: 'by hand', timeline: started[0].timeline },
      ...{ startLsn: started[0].lsn, stopLsn: stopped[0].lsn, stoppedAt: stopped[0].at.toISOString() },
      ...{ server: { version: '18', major: cluster.major }, segmentSizeBytes: cluster.segmentSizeBytes },
      ...{ contentBytes: tar.length, tablespaces: [await stored('base.tar.zst', zstdCompressSync(tar))] },
      manifest: await stored('backup_manifest', Buffer.from(manifestOf(copy))),
    };
    await vault.put(baseKey(vault.prefix, name), JSON.stringify(base));
    return base;
  } finally {
    await client.end();
  }
}

/** As PostgreSQL writes it, of all files of a folder. */
function manifestOf(folder: string): string {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = entries.map((entry) => {
    const place = path.join(entry.parentPath, entry.name);
    const bytes = readFileSync(place);
    return JSON.stringify({
      ...{ Path: path.relative(folder, place), Size: bytes.length },
      ...{ 'Checksum-Algorithm': 'SHA256', Checksum: createHash('sha256').update(bytes).digest('hex') },
    });
  });
  const text = `{ "PostgreSQL-Backup-Manifest-Version": 2,\n"Files": [\n${files.join(',\n')}\n],\n`;
  return `${text}"Manifest-Checksum": "${createHash('sha256').update(text).digest('hex')}"}\n`;
}

/** All WAL up to what the server has flushed, on its timeline, with the histories. */
export async function storeWal(vault: Vault, cluster: Cluster, server: ClusterServer): Promise<void> {
  const { systemIdentifier, segmentSizeBytes } = cluster;
  const [row] = await ask(
    server,
    `SELECT lsn::text, ('x' || left(pg_walfile_name(lsn), 8))::bit(32)::int AS timeline
     FROM pg_current_wal_flush_lsn() AS lsn`,
  );
  const end = parseLsn(String(row?.lsn)) ?? 0n;
  const folder = path.join(server.dataDir, 'pg_wal');
  const current = segmentNumber(end, segmentSizeBytes);
  for (const file of readdirSync(folder)) {
    const timeline = Number.parseInt(/^([0-9A-F]{8})\.history$/.exec(file)?.[1] ?? '', 16);
    const text = () => readFileSync(path.join(folder, file));
    if (timeline > 1) await putBytes(vault, historyKey(vault.prefix, systemIdentifier, timeline), text());
    const segment = parseSegmentName(file, segmentSizeBytes);
    if (segment?.timeline !== row?.timeline || segment === undefined || segment.number >= current) continue;
    await putBytes(vault, segmentKey(vault.prefix, systemIdentifier, file), zstdCompressSync(text()));
  }
  const offset = offsetInSegment(end, segmentSizeBytes);
  const name = segmentName(Number(row?.timeline), current, segmentSizeBytes);
  const begun = readFileSync(path.join(folder, name)).subarray(0, offset);
  if (offset > 0) {
    await putBytes(vault, partialKey(vault.prefix, systemIdentifier, name, offset), zstdCompressSync(begun));
  }
}

export async function putBytes(vault: Vault, key: string, bytes: Buffer): Promise<void> {
  await vault.client.s3.send(new PutObjectCommand({ Bucket: vault.bucket, Key: key, Body: bytes }));
}

async function ask(server: ClusterServer, sql: string): Promise<Record<string, unknown>[]> {
  const client = await connect(server.target, 'postgres', 'test');
  return client
    .query(sql)
    .then(({ rows }) => rows)
    .finally(() => client.end());
}

/** Starts a server that recovers in a data directory: it takes writes once it has. */
export async function recovering(dataDir: string, like: ConnectionTarget, installation = embeddedPostgres()) {
  const port = await freePort();
  const server = await startEmbeddedServer({
    ...{ installation, dataDir, user: like.user, password: PASSWORD, port },
    settings: { fsync: 'off', hot_standby: 'off' },
  });
  const target = { ...like, port };
  return {
    ...{ target, dataDir },
    sql: async <T>(database: string, text: string): Promise<T[]> => {
      const client = await connect(target, database, 'test');
      return client
        .query(text)
        .then(({ rows }) => rows as T[])
        .finally(() => client.end());
    },
    end: () => server.stop(),
  };
}

/** An empty folder for a data directory, which belongs to PostgreSQL's user whoever runs the tests. */
export function folderForData(): string {
  const folder = runFolder('recovered');
  chmodSync(folder, 0o711);
  const data = path.join(folder, 'data');
  mkdirSync(data);
  if (process.getuid?.() === 0) chownSync(data, NOBODY, NOBODY);
  return data;
}
