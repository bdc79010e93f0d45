import { afterAll, beforeAll, expect, test } from 'vitest';
import { findFreePort } from '../../../events/offline/machine/ports.ts';
import {
  type Beside,
  besideContainers,
  freshName,
  removeContainer,
  runArguments,
} from '../../support/container/container.ts';
import { type ControlGroup, controlGroupOf } from '../../support/container/control-group.ts';
import { podman } from '../../support/container/podman.ts';
import { startTcpProxy } from '../../support/servers/tcp-proxy.ts';
import { topicFor } from '../../support/servers/topic.ts';
import { webhookServer } from '../../support/servers/webhook-server.ts';
import { type World, world } from '../../support/world/world.ts';
import { keysOf } from '../../support/world/world-vault.ts';

const ROWS = 900_000;
const MOST_IDLE_BYTES = 100e6;
const PATIENCE = { timeout: 240_000, interval: 500 };

let here: World;
let beside: Beside;
let group: ControlGroup;
let address: string;
const name = freshName();
const inContainer = (...args: string[]) => podman('exec', name, 'pgvouch', ...args);

beforeAll(async () => {
  here = await world();
  // 100 MB.
  await here.sql(`CREATE TABLE orders AS SELECT g AS id, md5(g::text) || md5((g + 1)::text) AS note
    FROM generate_series(1, ${ROWS}) g`);
  await here.postgres.sql('postgres', `CREATE DATABASE ${other()} TEMPLATE ${here.database}`);
  beside = await besideContainers(here.vault, here.postgres.target);
  // The bucket's server is on this machine, and sends its events to a port of this machine.
  const port = await findFreePort();
  const MINIO_NOTIFY_ARN = await topicFor(name, `http://127.0.0.1:${port}`);
  const { POSTGRES_DB: _, ...variables } = beside.env;
  const env = { ...variables, POSTGRES_DBS: JSON.stringify([here.database, other()]), MINIO_NOTIFY_ARN };
  await podman(...runArguments(name, env, ['--detach', '--publish', `127.0.0.1:${port}:3003`]));
  group = await controlGroupOf(name);
  address = await podman('inspect', '--format', '{{.NetworkSettings.IPAddress}}', name);
});
afterAll(async () => {
  await removeContainer(name);
  await beside?.end();
});

test('with half a processor and 512 MB one backup is taken while another is proved, and nothing is killed', async () => {
  const dumping = watch(group);
  await expect.poll(() => count('manifest'), PATIENCE).toBe(1);
  say('at most while 100 MB were dumped', dumping.end());
  const both = watch(group);
  await expect.poll(() => count('manifest'), PATIENCE).toBe(2);
  say('at most while 100 MB were dumped, and others restored and compared', both.end());
  expect(both.atOnce()).toBe(true);
  const proving = watch(group);
  await expect.poll(() => count('verdict-restorable'), PATIENCE).toBe(2);
  say('at most while they were restored and compared', proving.end());
  expect(group.oomKills()).toBe(0);
});

test('then it is idle: little memory, no zombies, healthy, and its metrics are served', async () => {
  await expect.poll(() => group.workingSetBytes(), PATIENCE).toBeLessThan(MOST_IDLE_BYTES);
  say('idle', group.workingSetBytes());
  // One that has just ended is reaped in a moment.
  await expect.poll(() => group.states().filter(({ state }) => state === 'Z'), PATIENCE).toEqual([]);
  await podman('healthcheck', 'run', name);
  const metrics = await (await fetch(`http://${address}:3000/metrics`)).text();
  expect(metrics).toMatch(
    new RegExp(`^pgvouch_last_restorable_timestamp_seconds\\{.*"${here.database}".*\\} \\d`, 'm'),
  );
});

test('its command line lists the backup, and restores it', async () => {
  expect(JSON.parse(await inContainer('list', '--json'))).toMatchObject([
    { verdict: 'restorable', complete: true },
    { verdict: 'restorable', complete: true },
  ]);
  const copy = `${here.database}_copy`;
  const { host, port } = beside.postgres;
  const to = `postgres://${here.postgres.target.user}@${host}:${port}/${copy}`;
  await inContainer('restore', '--database', here.database, '--create', '--to', to);
  expect(await here.postgres.sql(copy, 'SELECT count(*)::int FROM orders')).toEqual([{ count: ROWS }]);
});

test('its command line sends a test to each channel, and says which took it', async () => {
  const taking = await webhookServer(200);
  const proxy = await startTcpProxy(Number(new URL(taking.url).port), { host: '0.0.0.0' });
  const url = new URL(taking.url);
  [url.hostname, url.port] = [beside.postgres.host, String(proxy.port)];
  const channels = ['--env', `BACKUP_WEBHOOK_URL=${url}`, '--env', `BACKUP_DISCORD_URL=${url}`];
  const said = await podman('exec', ...channels, name, 'pgvouch', 'notify', '--test').finally(proxy.end);
  expect(said.match(/: took the test$/gm)).toHaveLength(2);
  expect(said).not.toContain('T0k3n');
  expect(taking.posts).toHaveLength(2);
});

test('SIGTERM ends it in order, within ten seconds', async () => {
  // Podman kills whoever has not ended by then, and the exit code says so.
  await podman('stop', '--time', '10', name);
  expect(await podman('inspect', '--format', '{{.State.ExitCode}} {{.State.OOMKilled}}', name)).toBe('0 false');
});

/** @returns `atOnce`: whether a dump's program and a drill's server ran at the same time */
function watch({ workingSetBytes, commands }: ControlGroup): { end(): number; atOnce(): boolean } {
  let most = 0;
  let atOnce = false;
  const timer = setInterval(() => {
    most = Math.max(most, workingSetBytes());
    const all = commands();
    atOnce ||= ['pg_dump', 'postgres'].every((program) => all.some((one) => one.includes(`/libexec/${program} `)));
  }, 100);
  return {
    end() {
      clearInterval(timer);
      return most;
    },
    atOnce: () => atOnce,
  };
}

/** A second database, with the same data. */
function other(): string {
  return `${here.database}_other`;
}

async function count(object: string): Promise<number> {
  return (await keysOf(here.vault)).filter((key) => key.endsWith(`/${object}.json`)).length;
}

function say(what: string, bytes: number): void {
  process.stdout.write(`memory of the container, ${what}: ${Math.round(bytes / 1e6)} MB\n`);
}
