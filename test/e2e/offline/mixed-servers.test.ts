import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { buildCatalog } from '../../../layers/backup/catalog.ts';
import { NOBODY } from '../../../layers/postgres/places/daemon.ts';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import {
  endStacks,
  type LocalStack,
  type StackPorts,
  stackPorts,
  startStack,
} from '../../support/servers/local-stack.ts';
import { isAlive, kill } from '../../support/servers/processes.ts';
import { topicFor } from '../../support/servers/topic.ts';
import { type ClientFolder, clientFolder } from '../../support/world/client-folder.ts';
import { freshVaultConfig } from '../../support/world/world-vault.ts';

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

test('an embedded server that ends by itself ends the stack, with a sentence', async () => {
  const running = stack.descendants();
  const [postmaster] = [...running].find(([, commandLine]) => /^\S*\/bin\/postgres -D/.test(commandLine)) ?? [];

  kill(postmaster);

  expect(await stack.ended).toEqual({ exitCode: 1, signal: null });
  expect(stack.stderr()).toMatch(
    /^pgvouch cannot continue\. the embedded PostgreSQL ended: .+\nHint: .*state folder$/m,
  );
  expect([...running.keys()].filter(isAlive)).toEqual([]);
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
