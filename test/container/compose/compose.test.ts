import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Vault } from '../../../layers/vault/vault.ts';
import { type ComposeProject, composeProject } from '../../support/container/compose-project.ts';
import { freshName } from '../../support/container/container.ts';
import { IMAGE } from '../../support/container/images.ts';
import { podman } from '../../support/container/podman.ts';
import { buildStandIns, removeStandIns, STAND_INS } from '../../support/container/stand-ins.ts';
import { freePort } from '../../support/servers/postgres.ts';
import { startTcpProxy, type TcpProxy } from '../../support/servers/tcp-proxy.ts';
import { freshVault, keysOf } from '../../support/world/world-vault.ts';

const PATIENCE = { timeout: 240_000, interval: 500 };
/** Who had backups there before. */
const OLD_KEY = 'backup/shop_2026-11-01T02:00:00.dump';
let vault: Vault;
let store: TcpProxy;
let project: ComposeProject;
let metricsPort: number;
const inPgvouch = (...command: string[]) => podman('exec', project.container('pgvouch'), ...command);

beforeAll(async () => {
  ({ vault } = await freshVault());
  const { bucket, server } = vault.config;
  await vault.client.s3.send(new PutObjectCommand({ Bucket: bucket, Key: OLD_KEY, Body: 'PGDMP' }));
  const gateway = await podman('network', 'inspect', '--format', '{{range .Subnets}}{{.Gateway}}{{end}}', 'podman');
  store = await startTcpProxy(Number(new URL(server?.endpoint ?? '').port), { host: '0.0.0.0' });
  await buildStandIns(`${gateway}:${store.port}`);
  metricsPort = await freePort();
  project = await composeProject(freshName(), {
    ...{ PGVOUCH_IMAGE: IMAGE, POSTGRES_IMAGE: STAND_INS.postgres, MINIO_IMAGE: STAND_INS.minio },
    ...{ POSTGRES_HOST: 'postgres', POSTGRES_USER: 'postgres', POSTGRES_PASSWORD: 'a1b2c3', POSTGRES_DB: 'shop' },
    MINIO_ENDPOINT: 'http://minio:9000',
    ...{ MINIO_ACCESS_KEY: server?.accessKeyId ?? '', MINIO_SECRET_KEY: server?.secretAccessKey ?? '' },
    ...{ BACKUP_BUCKET: bucket, METRICS_PORT: String(metricsPort) },
    // The store behind knows no webhooks of MinIO's configuration.
    ...{ MINIO_NOTIFY_ARN: '', LOCAL_VERIFY_INTERVAL: '2' },
  });
});
afterAll(async () => {
  await project?.remove();
  await removeStandIns();
  await store?.end();
});

test('up: a backup is taken, and proved', async () => {
  await project.up('pgvouch');
  await expect.poll(() => keysOf(vault), PATIENCE).toContainEqual(expect.stringMatching(/verdict-\w+\.json$/));
  expect(await keysOf(vault)).toContainEqual(expect.stringMatching(/verdict-restorable\.json$/));
});

test('the container has the limits that the file states', async () => {
  const [{ HostConfig: limits }] = JSON.parse(await podman('inspect', project.container('pgvouch')));
  expect(limits).toMatchObject({
    ...{ NanoCpus: 500_000_000, Memory: 512 * 1024 * 1024, ReadonlyRootfs: true },
    RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
    SecurityOpt: expect.arrayContaining([expect.stringMatching('no-new-privileges')]),
  });
  expect(limits.CapDrop).not.toHaveLength(0);
});

test("metrics are at the machine's own port, and the command line restores", async () => {
  const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  expect(metrics).toMatch(/^pgvouch_last_restorable_timestamp_seconds\{.*"shop".*\} \d{10}/m);
  const command = 'PGPASSWORD=$POSTGRES_PASSWORD pgvouch restore --database shop --create --to';
  const copy = 'postgres://$POSTGRES_USER@$POSTGRES_HOST/shop_restored';
  expect(await inPgvouch('sh', '-c', `${command} ${copy} 2>&1`)).toContain('compared equal');
});

test('down and up again: what was there is there, and no second backup is taken', async () => {
  const before = await keysOf(vault);
  await project.down();
  await project.up('pgvouch');
  const log = () => podman('logs', project.container('pgvouch'));
  await expect.poll(log, PATIENCE).toContain('pgvouch is running');
  const running = (await log()).split('\n').find((line) => line.includes('pgvouch is running')) ?? '{}';
  expect(JSON.parse(running)).toMatchObject({ dumps: [] });
  expect(await keysOf(vault)).toEqual(before);
  // PostgreSQL has its volume, too.
  const count = 'PGPASSWORD=$POSTGRES_PASSWORD /opt/pg-client/18/bin/psql -AtU postgres -h postgres -c';
  expect(await inPgvouch('sh', '-c', `${count} 'SELECT count(*) FROM orders' shop_restored`)).toBe('1000');
  const { client, config } = vault;
  expect(await client.s3.send(new GetObjectCommand({ Bucket: config.bucket, Key: OLD_KEY }))).toBeDefined();
});
