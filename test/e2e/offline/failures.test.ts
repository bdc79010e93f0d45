import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { buildCatalog } from '../../../layers/backup/catalog.ts';
import { parseFailureRecord } from '../../../layers/backup/failure.ts';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';
import { NOBODY } from '../../../layers/postgres/places/daemon.ts';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { type EmbeddedServer, startEmbeddedServer } from '../../../layers/postgres/places/embedded-server.ts';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import { slugOf } from '../../../layers/webhook/ping-url.ts';
import { lockItems, sqlOn, waitingOn } from '../../support/servers/held-lock.ts';
import { invokeFunction } from '../../support/servers/lambda-api.ts';
import {
  endStacks,
  type LocalStack,
  type StackPorts,
  stackPorts,
  startStack,
} from '../../support/servers/local-stack.ts';
import { freePort, PASSWORD } from '../../support/servers/postgres.ts';
import { isAlive } from '../../support/servers/processes.ts';
import { quickInstallation } from '../../support/servers/quick-installation.ts';
import { topicFor } from '../../support/servers/topic.ts';
import { openWebhookServer } from '../../support/servers/webhook-server.ts';
import { type ClientFolder, clientFolder } from '../../support/world/client-folder.ts';
import { freshVaultConfig, keysOf, unfinishedKeysOf } from '../../support/world/world-vault.ts';

/** What a file system, a shell and a URL would stumble over. */
const ODD = 'shop "é"/1';
const PATIENCE = { timeout: 90_000, interval: 250 };
const FAR_OFF = 'cron(0 0 1 1 ? 2099)';

let folder: string;
let ports: StackPorts;
let stack: LocalStack;
let client: ClientFolder;
let vault: Vault;
let target: ConnectionTarget;
let server: EmbeddedServer;
let webhook: Awaited<ReturnType<typeof openWebhookServer>>;
/** The dead-man's switch. */
let pinged: Awaited<ReturnType<typeof openWebhookServer>>;

beforeAll(async () => {
  webhook = await openWebhookServer(200);
  pinged = await openWebhookServer(200);
  folder = mkdtempSync(join(tmpdir(), 'pgvouch-failures-'));
  ports = await stackPorts();
  client = clientFolder({});
  vault = openVault(freshVaultConfig());
  target = {
    ...{ host: '127.0.0.1', port: await freePort(), user: 'postgres', password: PASSWORD },
    ...{ sslMode: 'disable', sslRootCert: undefined, connectTimeoutMs: 10_000 },
  };
  server = await startServer();
  for (const name of [ODD, 'crm']) {
    await sqlOn(target, 'postgres', `CREATE DATABASE "${name.replaceAll('"', '""')}"`);
    await sqlOn(target, name, 'CREATE TABLE item AS SELECT i, md5(i::text) FROM generate_series(1, 100000) i');
  }
});

afterAll(async () => {
  await endStacks();
  await server?.stop();
  client?.remove();
  webhook?.end();
  pinged?.end();
  rmSync(folder, { recursive: true, force: true });
});

test('a dump that fails for good is tried again, written down and told; nothing else is hurt', async () => {
  const lock = await lockItems(target, ODD);
  stack = start();
  await stack.printed('pgvouch is running');
  expect(stack.output()).toContain('! MINIO_NOTIFY_ARN is not set: the bucket cannot notify verify');
  expect(stack.output()).toMatch(/verify +every 5 s/);
  await vi.waitFor(async () => expect(await waitingOn(target)).toBe(1), PATIENCE);
  await vi.waitFor(async () => expect(await entriesOf('crm')).toHaveLength(1), PATIENCE);

  await server.daemon.kill();
  await lock.end().catch(() => {});
  await vi.waitFor(() => expect(webhook.posts).toHaveLength(1), PATIENCE);

  expect(stack.output()).toMatch(/dump failed \(try 1, trying again in 0 s\): DumpError: /);
  expect(stack.output()).toMatch(/dump failed \(try 2, trying again in 0 s\): DumpError: connect to .*ECONNREFUSED/);
  expect(stack.output()).toMatch(/dump failed \(try 3, giving up\): DumpError: .*ECONNREFUSED/);
  const { text } = JSON.parse(webhook.posts[0]?.body ?? '') as { text: string };
  expect(text).toMatch(/^\[BACKUP FAILURE\] .*shop "é"\/1/);
  expect(text).toMatch(/DumpError.*ECONNREFUSED/s);
  expect(text).toContain('nothing is listening there');
  expect(text).toContain(`Status: http://127.0.0.1:${ports.METRICS_PORT}`);
  expect(text).toContain('What to do: docs/runbook.md, section BackupFailed');
  const [failure] = (await catalog()).failures.get(ODD) ?? [];
  const record = parseFailureRecord((await vault.getText(failure?.key ?? '')) ?? '', failure?.key ?? '');
  const [backup] = await entriesOf('crm');
  expect(record).toMatchObject({
    ...{ function: 'dump', database: ODD, attempts: 3 },
    // One firing for each database, of the same instant.
    firedAt: backup?.firedAt.toISOString(),
    error: { type: 'DumpError', hint: expect.stringContaining('nothing is listening there') },
  });
  expect(await entriesOf(ODD)).toEqual([]);
  expect(await unfinishedKeysOf(vault)).toEqual([]);
  // It waited for its lock, so it never started.
  await vi.waitFor(() => expect(pingsOf(ODD)).toEqual(['fail']), PATIENCE);
  expect(await scrape()).toMatch(/pgvouch_last_failure_timestamp_seconds\{database="shop \\"é\\"\/1".*\} \d/);
  expect(stack.process.exitCode).toBe(null);
});

test('once the server is back the next dump succeeds, and gets its verdict without a notification', async () => {
  server = await startServer();
  const seen = new Set<string>();
  const dumping = invokeFunction(ports, 'pgvouch-prod-dump', { database: ODD });
  let done = false;
  void dumping.finally(() => {
    done = true;
  });
  while (!done) {
    for (const commandLine of stack.descendants().values()) seen.add(commandLine);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }

  expect(await dumping).toMatchObject({ format: 'pgvouch/manifest', database: ODD });
  const commandLines = [...seen].join('\n');
  expect(commandLines).toContain('pg_dump');
  expect(commandLines).not.toContain('s3cret');
  const verdicts = async () => (await entriesOf(ODD)).map(({ verdict }) => verdict);
  await vi.waitFor(async () => expect(await verdicts()).toEqual(['restorable']), PATIENCE);
  // The ping follows the verdict.
  await vi.waitFor(() => expect(pingsOf('crm')).toEqual(['start', 'success']), PATIENCE);
});

test('SIGTERM ends dumps under way, one that waits and one that hangs, within seconds and without a trace', async () => {
  const lock = await lockItems(target, ODD);
  const before = await keysOf(vault);
  client.replace('pg_dump', 'pg_dump-hangs');
  const dumping = [ODD, 'crm'].map((database) =>
    invokeFunction(ports, 'pgvouch-prod-dump', { database }).catch(() => 'broken off'),
  );
  await vi.waitFor(async () => expect(await waitingOn(target)).toBe(1), PATIENCE);
  await vi.waitFor(async () => expect(await unfinishedKeysOf(vault)).toHaveLength(1), PATIENCE);
  const running = stack.descendants();
  expect(isAlive(client.pid())).toBe(true);

  expect(await stack.end('SIGTERM')).toEqual({ exitCode: 0, signal: null });

  await Promise.all(dumping);
  expect([...running.keys(), client.pid()].filter(isAlive)).toEqual([]);
  expect(await keysOf(vault)).toEqual(before);
  expect(await unfinishedKeysOf(vault)).toEqual([]);
  expect(stack.output()).not.toContain('s3cret');
  expect(stack.output()).not.toMatch(/^\s+at /m);
  await lock.end();
  client.remove();
  client = clientFolder({});
});

test('the next start, by an ordinary user, dumps what failed, and tells once that it works again: only the bucket remembers', async () => {
  const before = pinged.posts.length;
  const ordinary = process.getuid?.() === 0 ? NOBODY : undefined;
  const PGVOUCH_STATE_DIR = mkdtempSync(join(tmpdir(), 'pgvouch-ordinary-'));
  for (const own of [PGVOUCH_STATE_DIR, client.folder]) if (ordinary !== undefined) chownSync(own, ordinary, ordinary);
  const MINIO_NOTIFY_ARN = await topicFor(vault.bucket, `http://127.0.0.1:${ports.LOCAL_NOTIFY_PORT}`);
  stack = start({ PGVOUCH_STATE_DIR, HOME: PGVOUCH_STATE_DIR, MINIO_NOTIFY_ARN, LOCAL_VERIFY_INTERVAL: '' }, ordinary);
  await stack.printed(/verify +when the bucket notifies it/);
  expect(stack.output()).toContain(`${vault.bucket}/pgvouch/ at ${inject('s3').endpoint}`);
  await vi.waitFor(() => expect(webhook.posts).toHaveLength(2), PATIENCE);

  const { text } = JSON.parse(webhook.posts[1]?.body ?? '') as { text: string };
  expect(text).toMatch(/^\[BACKUP RESOLVED\] shop "é"\/1: dump works again after \d/);
  expect(text).toMatch(/\nIt had failed once since \S+Z\. The last error \(DumpError\):\n.*ECONNREFUSED/);
  await vi.waitFor(() => expect(pingsOf(ODD, before)).toEqual(['start', 'success']), PATIENCE);
  const runs = pinged.posts.slice(before).filter(({ path }) => isOf(ODD, path));
  expect(new Set(runs.map(({ path }) => new URLSearchParams(path.split('?')[1]).get('rid'))).size).toBe(1);

  expect(await stack.end('SIGTERM')).toEqual({ exitCode: 0, signal: null });
  expect(webhook.posts).toHaveLength(2);
  expect(stack.output()).not.toContain('T0k3n');
  rmSync(PGVOUCH_STATE_DIR, { recursive: true, force: true });
});

/** How the dead-man's switch of a database was told, in order, from a number of posts on. */
function pingsOf(database: string, from = 0): string[] {
  const paths = pinged.posts.slice(from).flatMap(({ path }) => (isOf(database, path) ? [path] : []));
  return paths.map((path) => /\/(start|fail)\?/.exec(path)?.[1] ?? 'success');
}

function isOf(database: string, path: string): boolean {
  return path.split(/[?/]/)[3] === slugOf(database);
}

function start(more: Readonly<Record<string, string>> = {}, uid?: number): LocalStack {
  const { endpoint, accessKeyId, secretAccessKey } = inject('s3');
  const env = {
    ...ports,
    ...{ PGVOUCH_STATE_DIR: join(folder, 'state'), PG_CLIENT_DIR: client.folder },
    ...{ MINIO_ENDPOINT: endpoint, MINIO_ACCESS_KEY: accessKeyId, MINIO_SECRET_KEY: secretAccessKey },
    ...{ BACKUP_BUCKET: vault.bucket, POSTGRES_HOST: target.host, POSTGRES_PORT: String(target.port) },
    ...{ POSTGRES_USER: target.user, POSTGRES_PASSWORD: PASSWORD, POSTGRES_DBS: JSON.stringify([ODD, 'c*']) },
    ...{
      // One waits for a lock, and the other is backed up meanwhile.
      DUMP_CONCURRENCY: '2',
      LOCAL_RETRY_DELAY: '0',
      LOCAL_VERIFY_INTERVAL: '5',
      VERIFY_SCHEDULE: FAR_OFF,
      DUMP_SCHEDULE: FAR_OFF,
      RETENTION_SCHEDULE: FAR_OFF,
    },
    ...{ BACKUP_WEBHOOK_URL: webhook.url, BACKUP_PING_URL: `${pinged.url}/{database}` },
    SCRATCH_POSTGRES_DIR: quickInstallation(embeddedPostgres()),
  };
  return startStack({ ...env, ...more }, uid);
}

function startServer(): Promise<EmbeddedServer> {
  return startEmbeddedServer({
    installation: quickInstallation(embeddedPostgres()),
    dataDir: join(folder, 'data'),
    ...{ port: target.port, user: target.user, password: PASSWORD },
    settings: { fsync: 'off', full_page_writes: 'off' },
  });
}

async function catalog() {
  return buildCatalog(vault.prefix, await vault.listAll());
}

/** The backups of a database. */
async function entriesOf(database: string) {
  return ((await catalog()).entries.get(database) ?? []).filter(({ manifest }) => manifest !== undefined);
}

async function scrape(): Promise<string> {
  return (await fetch(`http://127.0.0.1:${ports.METRICS_PORT}/metrics`)).text();
}
