import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { buildCatalog } from '../../../layers/backup/catalog.ts';
import { NOBODY } from '../../../layers/postgres/places/daemon.ts';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import { invokeFunction } from '../../support/servers/lambda-api.ts';
import {
  endStacks,
  type LocalStack,
  type StackPorts,
  stackPorts,
  startStack,
} from '../../support/servers/local-stack.ts';
import { isAlive } from '../../support/servers/processes.ts';
import { topicFor } from '../../support/servers/topic.ts';
import { type ClientFolder, clientFolder } from '../../support/world/client-folder.ts';
import { freshVaultConfig, keysOf, unfinishedKeysOf } from '../../support/world/world-vault.ts';

/** A bucket server that is there, and a PostgreSQL that the stack brings along. */
let stateDir: string;
let ports: StackPorts;
let vault: Vault;
let notifyArn: string;
let client: ClientFolder;
let stack: LocalStack;

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'pgvouch-mixed-'));
  ports = await stackPorts();
  vault = openVault(freshVaultConfig());
  notifyArn = await topicFor(vault.bucket, `http://127.0.0.1:${ports.LOCAL_NOTIFY_PORT}`);
  client = clientFolder({});
});

afterAll(async () => {
  await endStacks();
  client?.remove();
  rmSync(stateDir, { recursive: true, force: true });
});

test('an ordinary user can run it; a bucket server that is there and knows a target fires verify', async () => {
  const ordinary = process.getuid?.() === 0 ? NOBODY : undefined;
  for (const folder of [stateDir, client.folder]) if (ordinary !== undefined) chownSync(folder, ordinary, ordinary);
  stack = start(client.folder, ordinary);

  await stack.printed(/databases +shop on embedded PostgreSQL 18/);
  expect(stack.output()).toContain(`${vault.bucket}/pgvouch/ at ${inject('s3').endpoint}`);
  expect(stack.output()).toMatch(/verify +when the bucket notifies it/);
  await vi.waitFor(async () => expect(await verdicts()).toEqual(['restorable']), PATIENCE);
});

test('a pg_dump that hangs does not keep the stack from stopping, nor leave an upload', async () => {
  const before = await keysOf(vault);
  client.replace('pg_dump', 'pg_dump-hangs');
  const dumping = invokeFunction(ports, 'pgvouch-prod-dump', {}).catch(() => 'broken off');
  await vi.waitFor(() => expect(client.pid()).toBeGreaterThan(0), PATIENCE);
  await vi.waitFor(async () => expect(await unfinishedKeysOf(vault)).toHaveLength(1), PATIENCE);

  expect(await stack.end('SIGTERM')).toEqual({ exitCode: 0, signal: null });

  await dumping;
  expect(isAlive(client.pid())).toBe(false);
  expect(await keysOf(vault)).toEqual(before);
  expect(await unfinishedKeysOf(vault)).toEqual([]);
});

const PATIENCE = { timeout: 90_000, interval: 250 };
const FAR_OFF = 'cron(0 0 1 1 ? 2099)';

function start(clientDir: string, uid?: number) {
  const { endpoint, accessKeyId, secretAccessKey } = inject('s3');
  return startStack(
    {
      ...ports,
      ...{ PGVOUCH_STATE_DIR: stateDir, PG_CLIENT_DIR: clientDir, BACKUP_BUCKET: vault.bucket },
      ...{ MINIO_ENDPOINT: endpoint, MINIO_ACCESS_KEY: accessKeyId, MINIO_SECRET_KEY: secretAccessKey },
      ...{ MINIO_NOTIFY_ARN: notifyArn, VERIFY_SCHEDULE: FAR_OFF, DUMP_SCHEDULE: FAR_OFF, HOME: stateDir },
    },
    uid,
  );
}

async function verdicts(): Promise<(string | undefined)[]> {
  const entries = buildCatalog(vault.prefix, await vault.listAll()).entries.get('shop') ?? [];
  return entries.map(({ verdict }) => verdict);
}
