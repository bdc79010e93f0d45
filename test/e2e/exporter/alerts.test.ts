import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { DeleteBucketPolicyCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { archiveKey, backupFolder, manifestKey, verdictKey } from '../../../layers/backup/keys.ts';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { type EmbeddedServer, startEmbeddedServer } from '../../../layers/postgres/places/embedded-server.ts';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import { hurriedRules, receiverConfig, scrapeConfig } from '../../support/prometheus/alert-files.ts';
import {
  type Prometheus,
  type RunningServer,
  startAlertmanager,
  startPrometheus,
} from '../../support/prometheus/prometheus.ts';
import { exporterServer } from '../../support/servers/exporter-server.ts';
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
import { quickInstallation } from '../../support/servers/quick-installation.ts';
import { webhookServer } from '../../support/servers/webhook-server.ts';
import { flipByte, refuseListing } from '../../support/world/harm.ts';
import { nameOf } from '../../support/world/world.ts';
import { freshVaultConfig } from '../../support/world/world-vault.ts';

const TOKEN = 'met-r1cs';
const PATIENCE = { timeout: 180_000, interval: 500 };
const FAR_OFF = 'cron(0 0 1 1 ? 2099)';
/** Seconds instead of hours; long enough for a scrape to be late. */
const LIMITS = { failure_age_seconds: 25, unproved_age_seconds: 30 };
/** No schedule fires soon: a backup is overdue by its age. */
const RECORDS = { 'known:backup_overdue_timestamp_seconds': 'pgvouch:known:last_success_timestamp_seconds + 25' };
const LASTING = '7s';
const INTERVAL = '5s';

let folder: string;
let ports: StackPorts;
let stack: LocalStack;
let vault: Vault;
let target: ConnectionTarget;
let server: EmbeddedServer;
let prometheus: Prometheus;
let alertmanager: RunningServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pgvouch-alerts-'));
  ports = await stackPorts();
  vault = openVault(freshVaultConfig());
  target = {
    ...{ host: '127.0.0.1', port: await freePort(), user: 'postgres', password: PASSWORD },
    ...{ sslMode: 'disable', sslRootCert: undefined, connectTimeoutMs: 10_000 },
  };
  server = await startServer();
  await sqlOn(target, 'postgres', 'CREATE DATABASE shop');
  await sqlOn(target, 'shop', 'CREATE TABLE item AS SELECT i, md5(i::text) FROM generate_series(1, 1000) i');
});

afterAll(async () => {
  await prometheus?.end();
  await alertmanager?.end();
  await endStacks();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('what goes wrong is told by Alertmanager, and so is that it is over', { timeout: 600_000 }, async () => {
  const webhook = await webhookServer(200);
  /** The newest message about an alert, once it says so. */
  const told = async (alertname: string, status: Delivered['status'], database?: string) =>
    vi.waitFor(() => {
      const all = webhook.posts.flatMap(({ body }) => (JSON.parse(body) as { alerts: Delivered[] }).alerts);
      const last = all.findLast(
        ({ labels }) => labels.alertname === alertname && (database === undefined || labels.database === database),
      );
      if (last?.status === status) return last;
      const sofar = all.map((alert) => `${alert.status} ${JSON.stringify(alert.labels)}`).join('\n');
      throw new Error(`${alertname} is not ${status}; told:\n${sofar}\nthe stack said:\n${stack.output()}`);
    }, PATIENCE);

  // The server dies in the midst of a dump, and stays away for all its tries.
  const lock = await lockItems(target, 'shop');
  stack = start();
  await stack.printed('pgvouch is running');
  // A function's first answer takes its time, and every scrape meanwhile would begin another.
  await vi.waitFor(scrape, PATIENCE);
  await watch(webhook.url);
  await vi.waitFor(async () => expect(await waitingOn(target), stack.output()).toBe(1), PATIENCE);
  await server.daemon.kill();
  await lock.end().catch(() => {});
  const failed = await told('BackupFailed', 'firing');
  expect(failed.labels).toMatchObject({ severity: 'warning', job: 'pgvouch', database: 'shop' });
  expect(failed.annotations.description).toMatch(/^The last failure on shop was at 20\d\d-/);
  expect(failed.annotations.runbook_url).toBe('docs/runbook.md#backupfailed');

  server = await startServer();
  const first = await dump();
  await told('BackupFailed', 'resolved');

  // No schedule fires any more, and the only backup rots.
  await verdictOn(first, 'readable');
  await flipByte(vault, first);
  await vault.remove(verdictKey(vault.prefix, nameOf(first), 'readable'));
  const corrupt = await told('BackupCorrupt', 'firing');
  expect(corrupt.labels).toMatchObject({ severity: 'critical', database: 'shop', verdict: 'corrupt' });
  expect(corrupt.annotations.description).toBe('1 of the backups of shop is corrupt.');
  const missed = await told('BackupMissed', 'firing');
  expect(missed.labels).toMatchObject({ severity: 'critical', database: 'shop' });
  expect(missed.annotations.description).toMatch(/ of shop is (\dm )?\d+\.?\d*s old\.$/);

  // What the runbook says: a new one, and the bad one goes.
  const second = await dump();
  expect(second.firedAt).not.toBe(first.firedAt);
  for (const { key } of await vault.listAll(backupFolder(vault.prefix, nameOf(first)))) await vault.remove(key);
  let over = false;
  const resolved = told('BackupMissed', 'resolved').finally(() => {
    over = true;
  });
  // On a busy machine one alone might be too old again before anybody is told.
  while (!over) {
    const { snapshotAt } = await dump();
    await vi.waitUntil(() => over || Date.now() - Date.parse(snapshotAt) > 12_000, PATIENCE);
  }
  await resolved;
  await told('BackupCorrupt', 'resolved');

  // One that nobody can read gets no verdict; meanwhile the vault goes, and comes back.
  const odd = { database: 'odd', firedAt: new Date(Math.floor(Date.now() / 1000) * 1000) };
  await vault.put(archiveKey(vault.prefix, odd, randomUUID()), 'PGDMP');
  await vault.put(manifestKey(vault.prefix, odd), '{}');
  await refuseListing(vault);
  const silent = await told('VaultDown', 'firing');
  expect(silent.labels).toMatchObject({ severity: 'critical', job: 'pgvouch', instance: exporter() });
  expect(silent.annotations.description).toContain(`${exporter()} is 0. `);
  await vault.client.s3.send(new DeleteBucketPolicyCommand({ Bucket: vault.bucket }));
  await told('VaultDown', 'resolved');
  await told('BackupUnproved', 'firing', 'odd');
  await told('BackupUnreadable', 'firing', 'odd');
  for (const { key } of await vault.listAll(backupFolder(vault.prefix, odd))) await vault.remove(key);
  await told('BackupUnproved', 'resolved', 'odd');
  await told('BackupUnreadable', 'resolved', 'odd');

  await stack.end();
  const down = await told('ExporterDown', 'firing');
  expect(down.labels).toMatchObject({ severity: 'critical', job: 'pgvouch', instance: exporter() });
  await exporterServer(vault, ['shop'], Number(ports.METRICS_PORT));
  await told('ExporterDown', 'resolved');

  expect(webhook.posts.map(({ body }) => body).join('\n')).not.toContain(TOKEN);
});

interface Delivered {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const exporter = () => `127.0.0.1:${ports.METRICS_PORT}`;

async function scrape(): Promise<void> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const answer = await fetch(`http://${exporter()}/metrics`, { headers });
  expect(answer.status).toBe(200);
  const body = await answer.text();
  // The stack knows them all.
  const { accessKeyId, secretAccessKey } = inject('s3');
  for (const secret of [TOKEN, PASSWORD, accessKeyId, secretAccessKey]) expect(body).not.toContain(secret);
}

/** The shipped rules and examples, with other addresses and in a hurry. */
async function watch(webhookUrl: string): Promise<void> {
  alertmanager = await startAlertmanager(join(folder, 'alertmanager'), {
    'alertmanager.yml': receiverConfig(webhookUrl),
  });
  prometheus = await startPrometheus(join(folder, 'prometheus'), {
    'prometheus.yml': scrapeConfig({ target: exporter(), alertmanager: alertmanager.address, interval: INTERVAL }),
    'alerts.yml': hurriedRules(LIMITS, LASTING, RECORDS),
    'pgvouch-token': TOKEN,
  });
}

function start(): LocalStack {
  const { endpoint, accessKeyId, secretAccessKey } = inject('s3');
  return startStack({
    ...ports,
    ...{ PGVOUCH_STATE_DIR: join(folder, 'state'), PG_CLIENT_DIR: inject('pgClientRoots').join(delimiter) },
    ...{ MINIO_ENDPOINT: endpoint, MINIO_ACCESS_KEY: accessKeyId, MINIO_SECRET_KEY: secretAccessKey },
    ...{ BACKUP_BUCKET: vault.bucket, POSTGRES_HOST: target.host, POSTGRES_PORT: String(target.port) },
    ...{ POSTGRES_USER: target.user, POSTGRES_PASSWORD: PASSWORD, POSTGRES_DB: 'shop', METRICS_TOKEN: TOKEN },
    ...{ DUMP_SCHEDULE: FAR_OFF, VERIFY_SCHEDULE: FAR_OFF, RETENTION_SCHEDULE: FAR_OFF },
    // What is told here is not about drills.
    ...{ LOCAL_RETRY_DELAY: '0', LOCAL_VERIFY_INTERVAL: '3', DRILL: 'off' },
  });
}

function startServer(): Promise<EmbeddedServer> {
  return startEmbeddedServer({
    installation: quickInstallation(embeddedPostgres()),
    dataDir: join(folder, 'data'),
    ...{ port: target.port, user: target.user, password: PASSWORD },
    settings: { fsync: 'off', full_page_writes: 'off' },
  });
}

async function dump(): Promise<Manifest> {
  const manifest = await invokeFunction(ports, 'pgvouch-prod-dump', { database: 'shop' });
  expect(manifest).toMatchObject({ format: 'pgvouch/manifest', database: 'shop' });
  return manifest as Manifest;
}

async function verdictOn(manifest: Manifest, verdict: 'readable'): Promise<void> {
  const key = verdictKey(vault.prefix, nameOf(manifest), verdict);
  await vi.waitFor(async () => expect(await vault.getText(key)).toBeDefined(), PATIENCE);
}
