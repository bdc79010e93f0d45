import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { isPortFree } from '../../../events/offline/machine/ports.ts';
import { buildCatalog } from '../../../layers/backup/catalog.ts';
import { type Manifest, parseManifest } from '../../../layers/backup/manifest.ts';
import { connect, libpqEnvironment } from '../../../layers/postgres/connect/connection.ts';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import { invokeFunction } from '../../support/servers/lambda-api.ts';
import {
  endStacks,
  type LocalStack,
  type StackPorts,
  stackPorts,
  startStack,
} from '../../support/servers/local-stack.ts';
import { isAlive, killIfThere } from '../../support/servers/processes.ts';
import { quickInstallation } from '../../support/servers/quick-installation.ts';
import { clientBin } from '../../support/world/client-folder.ts';
import { slowInADrill } from '../../support/world/drill-run.ts';

/** Nobody's schedule: whatever happens after the beginning, an event made it happen. */
const FAR_OFF = 'cron(0 0 1 1 ? 2099)';

vi.setConfig({ testTimeout: 300_000 });

let stateDir: string;
/** A drill that waits goes on once this file is there. */
let goOn: string;
let ports: StackPorts;
let stack: LocalStack;

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'pgvouch-stack-'));
  goOn = `${stateDir}-go-on`;
  await mkdir(drills());
  ports = await stackPorts();
});

afterAll(async () => {
  await endStacks();
  for (const one of [stateDir, goOn]) await rm(one, { recursive: true, force: true });
});

test('one command takes a backup, verifies it and shows it on /metrics', async () => {
  stack = start({}, ['npm', 'start']);

  await stack.printed(/databases +shop on embedded PostgreSQL 18\.\d/);
  expect(stack.output()).toContain('pgvouch is running; Ctrl-C stops it');
  expect(stack.output()).toContain(`http://127.0.0.1:${ports.METRICS_PORT}/metrics`);
  await vi.waitFor(async () => expect(await states()).toEqual(['restorable']), PATIENCE);

  const metrics = await scrape();
  expect(metrics).toContain('pgvouch_vault_up 1\n');
  expect(metrics).toContain('pgvouch_lifecycle_supported 1\n');
  expect(metrics).toMatch(/^pgvouch_next_dump_timestamp_seconds \d+$/m);
  expect(await (await fetch(`http://127.0.0.1:${ports.METRICS_PORT}/healthz`)).text()).toBe('ok\n');
  expect(metrics).toContain('pgvouch_backups{database="shop",verdict="restorable"} 1\n');
  const { snapshotAt } = (await backups())[0] as Manifest;
  const seconds = new Date(snapshotAt).getTime() / 1000;
  expect(metrics).toContain(`pgvouch_last_success_timestamp_seconds{database="shop"} ${seconds}\n`);
  expect(metrics).toContain(`pgvouch_last_verified_timestamp_seconds{database="shop"} ${seconds}\n`);
});

test('the same endpoint has a page for people', async () => {
  const page = await fetch(`http://127.0.0.1:${ports.METRICS_PORT}/?database=shop`);

  expect(page.status).toBe(200);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(await page.text()).toMatch(/<p class="headline">restorable, \d+ (s|min) ago<\/p>/);
});

test('a backup is verified because the bucket said so', async () => {
  // The look at what was missed, at the beginning, is over: the first backup has its verdict.
  const second = await invokeFunction(ports, 'pgvouch-prod-dump', {});

  expect(second).toMatchObject({ format: 'pgvouch/manifest', database: 'shop' });
  await vi.waitFor(async () => expect(await states()).toEqual(['restorable', 'restorable']), PATIENCE);
});

test('stock pg_restore brings the archive back, equal in every row', async () => {
  const [manifest] = await backups();
  if (manifest === undefined) throw new Error('there is no backup');
  const file = join(stateDir, 'archive.dump');
  await writeFile(file, (await (await vault()).getBytes(manifest.archive.key)) ?? []);
  await query('postgres', 'CREATE DATABASE restored');
  const args = ['--exit-on-error', '--dbname=restored', file];
  await promisify(execFile)(join(clientBin(18), 'pg_restore'), args, {
    env: libpqEnvironment(await target(), 'restored'),
  });

  const contents = await contentsOf('shop');

  expect(await contentsOf('restored')).toEqual(contents);
  expect(contents).toMatchObject({ customer: { rows: 10_000 }, product: { rows: 500 }, purchase: { rows: 90_000 } });
  const counted = Object.fromEntries(manifest.tables.map(({ name, rows }) => [name, rows]));
  expect(counted).toEqual(Object.fromEntries(Object.entries(contents).map(([name, { rows }]) => [name, rows])));
  await query('postgres', 'DROP DATABASE restored');
});

test('nothing outlives SIGKILL in the midst of a drill, and the next start goes on where it was', async () => {
  const running = await dumpWithSlowDrill();
  const commandLines = [...running.values()].join('\n');
  // Which of them came first is chance.
  expect(commandLines).toMatch(/bin\/postgres /);
  expect(commandLines).toContain('radosgw');

  for (const [pid, commandLine] of running) {
    // A child that is only just being started still has its parent's command line, and may be gone.
    if (/serverless offline start/.test(commandLine)) killIfThere(pid);
  }
  await stack.end('SIGKILL');
  await vi.waitFor(() => expect(alive(running)).toEqual([]), PATIENCE);

  stack = startAgain();
  await vi.waitFor(() => expect(drilling(), stack.output()).toHaveLength(1), PATIENCE);
  await writeFile(goOn, '');
  await vi.waitFor(async () => expect(await states()).toEqual(Array(4).fill('restorable')), PATIENCE);
  const { postgresPassword, bucketSecretKey } = await secrets();
  for (const secret of [postgresPassword, bucketSecretKey]) {
    expect(secret).toMatch(/^\w{20,}$/);
    expect(stack.output()).not.toContain(secret);
    expect([...running.values()].join('\n')).not.toContain(secret);
  }
});

test('SIGTERM in the midst of a drill ends all of it within seconds, and leaves nothing', async () => {
  await rm(goOn);
  const running = await dumpWithSlowDrill();

  expect(await stack.end('SIGTERM')).toEqual({ exitCode: 0, signal: null });

  expect(alive(running)).toEqual([]);
  expect(await readdir(drills())).toEqual([]);
  for (const port of Object.values(ports)) expect(await isPortFree(Number(port))).toBe(true);
});

const PATIENCE = { timeout: 90_000, interval: 250 };

/** Dumps, and waits until the drill of the dump is under way. */
async function dumpWithSlowDrill(): Promise<Map<number, string>> {
  // Nobody looks at the sample's rows any more.
  await query(
    'shop',
    `TRUNCATE purchase; DROP TABLE IF EXISTS t, other; DROP FUNCTION IF EXISTS slow;
    ${slowInADrill({ file: goOn })}`,
  );
  await invokeFunction(ports, 'pgvouch-prod-dump', {});
  await vi.waitFor(() => expect(drilling()).toHaveLength(1), PATIENCE);
  return stack.descendants();
}

/** The sessions of scratch servers that build an index. */
function drilling(): string[] {
  return [...stack.descendants().values()].filter((title) => /^postgres: .* CREATE INDEX/.test(title));
}

function drills(): string {
  return join(stateDir, 'drills');
}

function start(more: Record<string, string>, command?: readonly string[]): LocalStack {
  const schedules = { DUMP_SCHEDULE: FAR_OFF, VERIFY_SCHEDULE: FAR_OFF, RETENTION_SCHEDULE: FAR_OFF };
  const folders = { PGVOUCH_STATE_DIR: stateDir, DRILL_FOLDER: drills() };
  return startStack({ ...ports, ...schedules, ...folders, LOCAL_RETRY_DELAY: '0', ...more }, undefined, command);
}

/** What npm start runs, without npm. Its drills no longer wait for an initdb of their own. */
function startAgain(): LocalStack {
  return start({ SCRATCH_POSTGRES_DIR: quickInstallation(embeddedPostgres()) });
}

async function secrets(): Promise<Record<'postgresPassword' | 'bucketAccessKey' | 'bucketSecretKey', string>> {
  return JSON.parse(await readFile(join(stateDir, 'secrets.json'), 'utf8'));
}

async function target(): Promise<ConnectionTarget> {
  return {
    ...{ host: '127.0.0.1', port: Number(ports.LOCAL_POSTGRES_PORT), user: 'postgres' },
    ...{ password: (await secrets()).postgresPassword, sslMode: 'disable', sslRootCert: undefined },
    connectTimeoutMs: 10_000,
  };
}

async function vault(): Promise<Vault> {
  const { bucketAccessKey, bucketSecretKey } = await secrets();
  const endpoint = `http://127.0.0.1:${ports.LOCAL_BUCKET_PORT}`;
  const server = { endpoint, accessKeyId: bucketAccessKey, secretAccessKey: bucketSecretKey };
  return openVault({ bucket: 'postgres-backups', prefix: 'pgvouch/', region: 'us-east-1', server, maxParts: 10_000 });
}

/** The verdict of each backup, newest first; undefined for one without. */
async function states(): Promise<(string | undefined)[]> {
  const store = await vault();
  const entries = buildCatalog(store.prefix, await store.listAll()).entries.get('shop') ?? [];
  return entries.filter(({ manifest }) => manifest).map(({ verdict }) => verdict);
}

/** Newest first. */
async function backups(): Promise<Manifest[]> {
  const store = await vault();
  const entries = buildCatalog(store.prefix, await store.listAll()).entries.get('shop') ?? [];
  const keys = entries.flatMap(({ manifest }) => manifest?.key ?? []);
  return Promise.all(keys.map(async (key) => parseManifest((await store.getText(key)) ?? '', key)));
}

async function scrape(): Promise<string> {
  return (await fetch(`http://127.0.0.1:${ports.METRICS_PORT}/metrics`)).text();
}

async function query(database: string, text: string): Promise<Record<string, string>[]> {
  const client = await connect(await target(), database, 'test');
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** Of each table: how many rows, and a checksum of all that is in them. */
async function contentsOf(database: string): Promise<Record<string, { rows: number; md5: string }>> {
  const tables = await query(database, `SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`);
  const contents: Record<string, { rows: number; md5: string }> = {};
  for (const { tablename = '' } of tables) {
    const sums = `count(*) AS rows, md5(string_agg(t::text, E'\\n' ORDER BY t::text)) AS md5`;
    const [found] = await query(database, `SELECT ${sums} FROM "${tablename}" AS t`);
    contents[tablename] = { rows: Number(found?.rows), md5: found?.md5 ?? '' };
  }
  return contents;
}

function alive(processes: ReadonlyMap<number, string>): string[] {
  return [...processes].filter(([pid]) => isAlive(pid)).map(([pid, commandLine]) => `${pid} ${commandLine}`);
}
