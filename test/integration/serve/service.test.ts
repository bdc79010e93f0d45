import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { findFreePort } from '../../../events/offline/machine/ports.ts';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import { variablesOf } from '../../support/servers/command-line.ts';
import { isAlive, kill } from '../../support/servers/processes.ts';
import { endServices, serviceVariables, startService, type TestService } from '../../support/servers/service.ts';
import { startTcpProxy, type TcpProxy } from '../../support/servers/tcp-proxy.ts';
import { topicFor } from '../../support/servers/topic.ts';
import { type World, world } from '../../support/world/world.ts';
import { freshVaultConfig, keysOf } from '../../support/world/world-vault.ts';

// One service, and what becomes of it, test after test.

const PATIENCE = { timeout: 90_000, interval: 50 };
let here: World;
let vault: Vault;
let service: TestService;
let proxies: readonly [TcpProxy, TcpProxy] | undefined;
let ports: readonly [postgres: number, bucket: number];

beforeAll(async () => {
  here = await world();
  await here.sql('CREATE TABLE item AS SELECT generate_series(1, 1000) AS id');
  await here.sql(`SELECT pg_create_physical_replication_slot('pgvouch', true)`);
  ports = [await findFreePort(), await findFreePort()];
  vault = openVault(freshVaultConfig());
  const own = await serviceVariables();
  const { user, password } = here.postgres.target;
  service = startService({
    ...own,
    MINIO_NOTIFY_ARN: await topicFor(vault.bucket, `http://127.0.0.1:${own.LOCAL_NOTIFY_PORT}`),
    ...variablesOf(vault, here.postgres.target),
    POSTGRES_DB: here.database,
    POSTGRES_PORT: String(ports[0]),
    MINIO_ENDPOINT: `http://127.0.0.1:${ports[1]}`,
    METRICS_TOKEN: 'let-me-in',
    ...{ PITR: 'on', REPLICATION_USER: user, REPLICATION_PASSWORD: password ?? '' },
  });
});

afterAll(async () => {
  await endServices();
  for (const proxy of proxies ?? []) await proxy.end();
  await here?.sql(`SELECT pg_terminate_backend(active_pid, 10000) FROM pg_replication_slots WHERE active`);
  await here?.sql(`SELECT pg_drop_replication_slot('pgvouch')`);
});

const get = async (path: string, headers: Record<string, string> = {}) => {
  const answer = await fetch(`${service.url}${path}`, { headers });
  return { status: answer.status, body: await answer.text() };
};
const getJson = async (path: string) => {
  const { status, body } = await get(path);
  return { status, ...(JSON.parse(body) as Record<string, unknown>) };
};

test('servers that are not up yet are waited for; it is alive, and not ready', async () => {
  await service.logged({ part: 'database', msg: 'not there yet' });
  await service.logged({ part: 'bucket', msg: 'not there yet' });

  expect(await getJson('/healthz')).toMatchObject({ status: 200, ok: true, clock: true, receiver: true });
  expect(await getJson('/readyz')).toMatchObject({ status: 503, ok: false, bucket: false, postgres: false });
});

test('when they come, it takes a first backup at once, and is ready', async () => {
  const { target } = here.postgres;
  const bucketPort = Number(new URL(variablesOf(vault, target).MINIO_ENDPOINT ?? '').port);
  proxies = await Promise.all([
    startTcpProxy(target.port, { port: ports[0] }),
    startTcpProxy(bucketPort, { port: ports[1] }),
  ]);

  await service.logged({ msg: 'pgvouch is running' });
  await service.logged({ msg: 'WAL stored', name: 'wal', caughtUp: true });
  await service.logged({ msg: 'base backup stored', name: 'base' });
  await service.logged({ msg: 'dump finished', name: 'dump', database: here.database });
  await vi.waitFor(
    async () => expect(await keysOf(vault)).toContainEqual(expect.stringMatching(/manifest\.json$/)),
    PATIENCE,
  );
  expect(await getJson('/readyz')).toEqual({
    ...{ status: 200, ok: true, bucket: true, postgres: true, programs: true, notifications: 'pushed' },
  });
});

test('the bucket, which it has wired itself, notifies verify of the backup', async () => {
  await service.logged({ msg: 'verified', name: 'verify', verdict: 'readable' });
  expect(await keysOf(vault)).toContainEqual(expect.stringMatching(/verdict-readable\.json$/));
});

test('metrics and page are shown to whoever has the token', async () => {
  expect((await get('/metrics')).status).toBe(401);
  const authorization = 'Bearer let-me-in';
  const metrics = await get('/metrics', { authorization });
  expect(metrics).toMatchObject({ status: 200, body: expect.stringContaining('pgvouch_vault_up 1') });
  expect(metrics.body).toMatch(new RegExp(`pgvouch_last_success_timestamp_seconds\\{database="${here.database}"\\}`));
  expect(await get('/', { authorization })).toMatchObject({ status: 200, body: expect.stringContaining('<html') });
  expect((await get('/nowhere', { authorization })).status).toBe(404);
});

test('an exporter that dies is started again', async () => {
  const [pid] = [...service.descendants()].find(([, commandLine]) => commandLine.includes('exporter')) ?? [];
  kill(pid);
  await service.logged({ msg: 'the exporter ended' });
  await vi.waitFor(async () => expect((await get('/metrics')).status).toBe(401), PATIENCE);
});

test('a second service on the same folder is refused', async () => {
  const other = startService({ ...service.env, METRICS_PORT: '1' });
  expect(await other.end('SIGCONT')).toMatchObject({ exitCode: 2 });
  expect(other.stderr()).toMatch(
    /^pgvouch: use the state folder .*: another pgvouch serve uses it\nHint: stop that one/,
  );
});

test('asked to end, it ends in order and leaves nothing running', async () => {
  const descendants = [...service.descendants().keys()];
  expect(descendants.length).toBeGreaterThan(0);

  const end = await service.end();

  expect(end).toMatchObject({ exitCode: 0, signal: null });
  expect(end.durationMs).toBeLessThan(10_000);
  expect(descendants.filter(isAlive)).toEqual([]);
  expect(service.stderr()).toBe('');
  expect(service.log().filter(({ level }) => level === 'fatal')).toEqual([]);
});
