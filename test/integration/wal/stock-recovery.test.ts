import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NOBODY } from '../../../layers/postgres/places/daemon.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { runFolder } from '../../support/run/run-folder.ts';
import { pgvouch, variablesOf } from '../../support/servers/command-line.ts';
import type { TestPostgres } from '../../support/servers/postgres.ts';
import { stockTools } from '../../support/servers/stock-tools.ts';
import { recovering, startStoredCluster, storeWal } from '../../support/world/stored-cluster.ts';
import { freshVault } from '../../support/world/world-vault.ts';

let vault: Vault;
let original: TestPostgres;
let env: Record<string, string>;
/** The second row's transaction, and where the WAL was before it. */
let second: { lsn: string; xid: string };

beforeAll(async () => {
  ({ vault } = await freshVault());
  const { postgres, server, cluster } = await startStoredCluster(vault);
  original = postgres;
  env = variablesOf(vault, original.target);
  await original.sql('postgres', 'INSERT INTO rows VALUES (1)');
  const [before] = await original.sql<{ lsn: string }>('postgres', 'SELECT pg_current_wal_insert_lsn()::text AS lsn');
  const insert = 'INSERT INTO rows VALUES (2) RETURNING xmin::text AS xid';
  const [row] = await original.sql<{ xid: string }>('postgres', insert);
  second = { lsn: before?.lsn ?? '', xid: row?.xid ?? '' };
  await original.sql('postgres', 'INSERT INTO rows VALUES (3)');
  await storeWal(vault, cluster, server);
});

afterAll(() => original.end());

test.each([
  ['a transaction', () => ['--at-xid', second.xid], [1, 2]],
  ['a position between two', () => ['--at-lsn', second.lsn], [1]],
])('aws, zstd, tar and cp alone recover to %s, by what --print prints', async (_, to, numbers) => {
  const dataDir = path.join(runFolder('by-hand'), "it's data");
  const { stdout, exitCode } = await pgvouch(env, 'restore', '--to-dir', dataDir, ...to(), '--print');
  expect({ exitCode, secret: stdout.includes(env.MINIO_SECRET_KEY ?? '') }).toEqual({ exitCode: 0, secret: false });
  chmodSync(path.dirname(dataDir), 0o711);
  execFileSync('sh', ['-c', stdout], {
    env: { PATH: `${await stockTools(vault)}:${process.env.PATH}` },
    stdio: 'pipe',
  });
  if (process.getuid?.() === 0) execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, dataDir, `${dataDir}.wal`]);
  const server = await recovering(dataDir, original.target);
  const rows = await server
    .sql<{ number: number }>('postgres', 'SELECT number FROM rows ORDER BY number')
    .finally(server.end);
  expect(rows.map(({ number }) => number)).toEqual(numbers);
});
