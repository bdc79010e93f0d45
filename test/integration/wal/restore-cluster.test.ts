import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Vault } from '../../../layers/vault/vault.ts';
import type { Cluster } from '../../../layers/wal/cluster.ts';
import { segmentKey } from '../../../layers/wal/keys.ts';
import { pgvouch, pgvouchProcess, variablesOf } from '../../support/servers/command-line.ts';
import type { TestPostgres } from '../../support/servers/postgres.ts';
import { processesIn } from '../../support/servers/processes.ts';
import {
  folderForData,
  putBytes,
  recovering,
  startStoredCluster,
  storeWal,
} from '../../support/world/stored-cluster.ts';
import { freshVault } from '../../support/world/world-vault.ts';

let vault: Vault;
let env: Record<string, string>;
let original: TestPostgres;
let cluster: Cluster;
/** Between the first row's transaction and the second's; after the third. */
let between: { lsn: string; at: string };
let end: { lsn: string; at: string };
const ends: (() => Promise<void>)[] = [];

/** Rows 1 and 2 are in one segment, row 3 in one that is not finished; between them are segments to be fetched ahead. */
beforeAll(async () => {
  // PostgreSQL's user, who calls it, could keep no bundle of it.
  await pgvouchProcess({}, '--version');
  ({ vault } = await freshVault());
  const stored = await startStoredCluster(vault);
  const { server } = stored;
  ({ postgres: original, cluster } = stored);
  env = variablesOf(vault, original.target);
  between = await insert(original, 1);
  await insert(original, 2);
  for (const table of ['one', 'two', 'three']) {
    await original.sql('postgres', 'SELECT pg_switch_wal()');
    await original.sql('postgres', `CREATE TABLE ${table} ()`);
  }
  await original.sql('postgres', 'SELECT pg_switch_wal()');
  end = await insert(original, 3);
  await storeWal(vault, cluster, server);
});

afterAll(async () => {
  await Promise.all([original.end(), ...ends.map((stop) => stop())]);
});

/** @returns where the WAL is after it, and the moment */
async function insert(postgres: Pick<TestPostgres, 'sql'>, number: number): Promise<{ lsn: string; at: string }> {
  await postgres.sql('postgres', `INSERT INTO rows VALUES (${number})`);
  const [now] = await postgres.sql<{ lsn: string; at: string }>(
    'postgres',
    `SELECT pg_current_wal_insert_lsn()::text AS lsn, clock_timestamp()::text AS at`,
  );
  return now ?? { lsn: '', at: '' };
}

const restore = (dataDir: string, ...args: string[]) => pgvouch(env, 'restore', '--to-dir', dataDir, ...args);

async function start(dataDir: string) {
  const server = await recovering(dataDir, original.target);
  ends.push(server.end);
  return server;
}

async function rowsOf(server: Awaited<ReturnType<typeof start>>): Promise<number[]> {
  const rows = await server.sql<{ number: number }>('postgres', 'SELECT number FROM rows ORDER BY number');
  return rows.map(({ number }) => number);
}

test('recovers to a moment between two transactions', async () => {
  const dataDir = folderForData();
  const result = await restore(dataDir, '--at', between.at);
  expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`${dataDir} is ready. PostgreSQL 18`) });
  expect(await rowsOf(await start(dataDir))).toEqual([1]);
  // The key to the bucket goes once it is not needed any more, and so does what fetched WAL ahead.
  await vi.waitFor(() => expect(processesIn(dataDir).filter((program) => !program.endsWith('/postgres'))).toEqual([]), {
    timeout: 60_000,
  });
  expect(readdirSync(dataDir).filter((name) => name.startsWith('pgvouch-'))).toEqual([]);
});

test('recovers to the end of the WAL, and through the promotion that follows to the end of the next timeline', async () => {
  const first = folderForData();
  expect(await restore(first)).toMatchObject({ exitCode: 0 });
  const promoted = await start(first);
  expect(await rowsOf(promoted)).toEqual([1, 2, 3]);
  await insert(promoted, 4);
  await storeWal(vault, cluster, promoted);

  const second = folderForData();
  expect(await restore(second, '--cluster', cluster.systemIdentifier)).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining('timeline 2'),
  });
  expect(await rowsOf(await start(second))).toEqual([1, 2, 3, 4]);
});

test('recovers along the older timeline, up to and with a transaction', async () => {
  const [row] = await original.sql<{ xid: string }>('postgres', 'SELECT xmin::text AS xid FROM rows WHERE number = 2');
  const dataDir = folderForData();
  expect(await restore(dataDir, '--timeline', '1', '--at-xid', row?.xid ?? '')).toMatchObject({
    exitCode: 0,
    stderr: expect.stringMatching(/recovering to transaction \d+: .*, timeline 1\n/),
  });
  expect(await rowsOf(await start(dataDir))).toEqual([1, 2]);
});

test('a base backup that is not what was stored is refused, and nothing is left', async () => {
  const [key = ''] = (await vault.listAll()).map((object) => object.key).filter((one) => one.endsWith('base.tar.zst'));
  const good: Buffer[] = [];
  for await (const chunk of (await vault.getBytes(key)) ?? []) good.push(chunk);
  const bad = Buffer.concat(good);
  bad[bad.length - 1] = (bad.at(-1) ?? 0) ^ 1;
  await putBytes(vault, key, bad);
  const dataDir = folderForData();
  const result = await restore(dataDir, '--timeline', '1');
  await putBytes(vault, key, Buffer.concat(good));
  expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('it is not what was stored') });
  expect(readdirSync(dataDir)).toEqual([]);
});

test('refuses what it cannot reach before a byte is written, and names the nearest that it can', async () => {
  const dataDir = folderForData();
  const refused = async (...args: string[]) => {
    const { exitCode, stderr } = await restore(dataDir, ...args);
    expect(readdirSync(dataDir)).toEqual([]);
    return { exitCode, stderr };
  };
  expect(await refused('--at', '2001-01-01')).toMatchObject({
    exitCode: 4,
    stderr: expect.stringMatching(
      /no base backup had ended by then\n.*nearest.* the first after it is \S+Z \(--at-lsn/,
    ),
  });
  expect(await refused('--timeline', '1', '--at-lsn', 'F/0')).toMatchObject({
    exitCode: 4,
    stderr: expect.stringContaining(`the last before it is `),
  });
  expect(await refused('--timeline', '9')).toMatchObject({ exitCode: 2 });
  expect(await refused('--at', 'noon')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('not a time') });
  expect(await refused('--cluster', '1')).toMatchObject({ exitCode: 2 });
  expect(end.lsn).not.toBe(between.lsn);
  expect(await restore(path.dirname(dataDir))).toMatchObject({
    exitCode: 4,
    stderr: expect.stringContaining('something is in it'),
  });
});

test('WAL that is missing while PostgreSQL recovers stops it: it does not open with rows missing', async () => {
  const dataDir = folderForData();
  expect(await restore(dataDir, '--timeline', '1')).toMatchObject({ exitCode: 0 });
  const [lost = ''] = (await vault.listAll())
    .map(({ key }) => key)
    .filter((key) => key.startsWith(segmentKey(vault.prefix, cluster.systemIdentifier, '00000001').slice(0, -4)));
  await vault.client.s3.send(new DeleteObjectCommand({ Bucket: vault.bucket, Key: lost }));
  await expect(start(dataDir)).rejects.toThrow(/could not restore file|FATAL/);
  rmSync(dataDir, { recursive: true });
  const { exitCode, stderr } = await restore(folderForData(), '--timeline', '1');
  expect({ exitCode, stderr }).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('no base backup of timeline 1'),
  });
});
