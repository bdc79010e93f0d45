import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterEach, beforeAll, expect, inject, onTestFinished, test, vi } from 'vitest';
import { buildCatalog } from '../../../layers/backup/catalog.ts';
import { NOBODY } from '../../../layers/postgres/places/daemon.ts';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import { endStacks, type StackPorts, stackPorts, startStack } from '../../support/servers/local-stack.ts';
import { isAlive } from '../../support/servers/processes.ts';
import { clientFolder } from '../../support/world/client-folder.ts';
import { freshVaultConfig, unfinishedKeysOf } from '../../support/world/world-vault.ts';

/** A bucket server that is there, and a PostgreSQL that the stack brings along. */
let stateDir: string;
let ports: StackPorts;
let vault: Vault;
let notifyArn: string;

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'pgvouch-mixed-'));
  ports = await stackPorts();
  vault = openVault(freshVaultConfig());
  notifyArn = await topicFor(ports.LOCAL_NOTIFY_PORT);
});

afterEach(async () => {
  await endStacks();
  rmSync(stateDir, { recursive: true, force: true });
});

test('a pg_dump that hangs does not keep the stack from stopping, nor leave an upload', async () => {
  const { folder, pid, remove } = clientFolder({ pg_dump: 'pg_dump-hangs' });
  onTestFinished(remove);
  const stack = start(folder);
  await vi.waitFor(() => expect(pid()).toBeGreaterThan(0), PATIENCE);
  await vi.waitFor(async () => expect(await unfinishedKeysOf(vault)).toHaveLength(1), PATIENCE);

  expect(await stack.end('SIGTERM')).toEqual({ exitCode: 0, signal: null });

  expect(isAlive(pid())).toBe(false);
  expect(await vault.listAll()).toEqual([]);
  expect(await unfinishedKeysOf(vault)).toEqual([]);
});

test('an ordinary user can run it; a bucket server that is there and knows a target fires verify', async () => {
  const ordinary = process.getuid?.() === 0 ? NOBODY : undefined;
  stateDir = mkdtempSync(join(tmpdir(), 'pgvouch-mixed-'));
  if (ordinary !== undefined) chownSync(stateDir, ordinary, ordinary);
  const stack = start(inject('pgClientRoots').join(delimiter), ordinary);

  await stack.printed(/databases +shop on embedded PostgreSQL 18/);
  expect(stack.output()).toContain(`${vault.bucket}/pgvouch/ at ${inject('s3').endpoint}`);
  expect(stack.output()).toMatch(/verify +when the bucket notifies it/);
  await vi.waitFor(async () => expect(await verdicts()).toEqual(['restorable']), PATIENCE);

  expect(await stack.end('SIGTERM')).toEqual({ exitCode: 0, signal: null });
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

/** What a MinIO administrator would set up by hand: a target that the server knows, and its name. */
async function topicFor(port: string): Promise<string> {
  const { endpoint, region, accessKeyId, secretAccessKey } = inject('s3');
  const sns = new SNSClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  const Attributes = { 'push-endpoint': `http://127.0.0.1:${port}` };
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: vault.bucket, Attributes }));
  sns.destroy();
  return `${TopicArn}`;
}

async function verdicts(): Promise<(string | undefined)[]> {
  const entries = buildCatalog(vault.prefix, await vault.listAll()).entries.get('shop') ?? [];
  return entries.map(({ verdict }) => verdict);
}
