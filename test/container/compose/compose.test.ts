import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Vault } from '../../../layers/vault/vault.ts';
import { type ComposeBeside, composeBeside } from '../../support/container/compose-beside.ts';
import type { ComposeProject } from '../../support/container/compose-project.ts';
import { podman } from '../../support/container/podman.ts';
import { keysOf } from '../../support/world/world-vault.ts';

const PATIENCE = { timeout: 240_000, interval: 500 };
/** Who had backups there before. */
const OLD_KEY = 'backup/shop_2026-11-01T02:00:00.dump';
let here: ComposeBeside;
let vault: Vault;
let project: ComposeProject;
const inPgvouch = (...command: string[]) => podman('exec', project.container('pgvouch'), ...command);

beforeAll(async () => {
  here = await composeBeside();
  ({ vault, project } = here);
  await vault.client.s3.send(new PutObjectCommand({ Bucket: vault.config.bucket, Key: OLD_KEY, Body: 'PGDMP' }));
});
afterAll(() => here?.end());

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
  const metrics = await (await fetch(`http://127.0.0.1:${here.metricsPort}/metrics`)).text();
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
