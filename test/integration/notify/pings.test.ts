import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import pino from 'pino';
import { expect, test } from 'vitest';
import { parseFunctionFailed } from '../../../events/function-failed.ts';
import { notifyFailure } from '../../../functions/notify/notify-failure.ts';
import { readPings } from '../../../layers/webhook/config.ts';
import { runIdOf } from '../../../layers/webhook/ping-url.ts';
import { openPings } from '../../../layers/webhook/pings.ts';
import { closedPort, silentServer, webhookServer } from '../../support/servers/webhook-server.ts';
import { notifyDeps } from '../../support/world/notify-deps.ts';
import { world } from '../../support/world/world.ts';
import { freshVault } from '../../support/world/world-vault.ts';

const failed = parseFunctionFailed(
  JSON.parse(readFileSync(new URL('../../../events/samples/function-failed.dump.json', import.meta.url), 'utf8')),
);
const firedAt = new Date('2026-11-22T02:00:00Z');
const rid = runIdOf({ database: 'shop', firedAt });

function pingsTo(url: string, databases: readonly string[] = []) {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  const source = { name: 'BACKUP_PING_URL', value: url };
  return { lines, pings: openPings({ source, databases, log, clock: () => new Date() }) };
}

test('a dump starts, and its backup is proved: one run', async () => {
  const server = await webhookServer(200);
  const { pings } = pingsTo(server.url);
  const here = await world({ pings });
  await here.sql('CREATE TABLE item AS SELECT generate_series(1, 10) AS id');

  const manifest = await here.dump();
  const run = runIdOf({ database: manifest.database, firedAt: new Date(manifest.firedAt) });
  expect(server.posts.map(({ path }) => path)).toEqual([`/services/T0k3n/start?rid=${run}`]);

  expect(await here.verify(manifest)).toMatchObject({ verdict: 'readable' });
  expect(server.posts.slice(1).map(({ path }) => path)).toEqual([`/services/T0k3n?rid=${run}`]);
});

test('what was done before is not pinged again: it is no sign of life', async () => {
  const server = await webhookServer(200);
  const { pings } = pingsTo(server.url);
  const here = await world({ pings });
  const manifest = await here.dump();
  await here.verify(manifest);
  expect(server.posts).toHaveLength(2);

  await here.dump(here.database, { firedAt: new Date(manifest.firedAt) });
  await here.verify(manifest);
  await here.verify(manifest, true);
  await here.verifyUnverified();
  expect(server.posts).toHaveLength(2);
});

test('an old backup out of a backlog is no sign of life; one of the future does not count', async () => {
  const server = await webhookServer(200);
  const here = await world({ pings: pingsTo(server.url).pings });
  const at = (hours: number) => new Date(Math.floor(Date.now() / 1000) * 1000 - hours * 3_600_000);
  const old = await here.dump(undefined, { firedAt: at(48) });
  const newest = await here.dump(undefined, { firedAt: at(24) });
  await here.dump(undefined, { firedAt: at(-24) });
  server.posts.length = 0;
  await here.verify(old);
  expect(server.posts).toEqual([]);
  await here.verify(newest);
  expect(server.posts.map(({ path }) => path)).toEqual([
    `/services/T0k3n?rid=${runIdOf({ database: newest.database, firedAt: new Date(newest.firedAt) })}`,
  ]);
});

test('one check for several databases: the log says that it is not enough', async () => {
  const server = await webhookServer(200);
  const { pings, lines } = pingsTo(server.url, ['shop', 'crm']);
  await pings.start({ database: 'shop' });
  expect(lines.join('')).toContain('BACKUP_PING_URL must contain {database}');
  expect(lines.join('')).not.toContain('T0k3n');
});

test('what concerns no database is pinged to each that was found', async () => {
  const server = await webhookServer(200);
  const [source, log] = [{ name: 'BACKUP_PING_URL', value: `${server.url}/{database}` }, pino({ level: 'silent' })];
  const found = async () => ['shop', 'crm'];
  await openPings({ source, databases: [], found, log, clock: () => new Date() }).fail({}, 'find failed');
  expect(server.posts.map(({ path }) => path).sort()).toEqual(
    ['crm', 'shop'].map((name) => `/services/T0k3n/${name}/fail`),
  );
});

test('databases with a switch of their own are pinged there; what concerns none goes to every one, once', async () => {
  const server = await webhookServer(200);
  const log = pino({ level: 'silent' });
  const settings = {
    'crm*': { BACKUP_PING_URL: `${server.url}/crm/{database}` },
    logs: { BACKUP_PING_URL: `${server.url}/l` },
  };
  const env = { BACKUP_PING_URL: `${server.url}/rest`, DATABASE_SETTINGS: JSON.stringify(settings) };
  const found = async () => ['shop', 'crm_1', 'logs'];
  const pings = openPings({ ...readPings(env), databases: [], found, log, clock: () => new Date() });
  for (const database of await found()) await pings.success({ database });
  const paths = ['rest', 'crm/crm_1', 'l'].map((path) => `/services/T0k3n/${path}`);
  expect(server.posts.map(({ path }) => path)).toEqual(paths);
  server.posts.length = 0;
  await pings.fail({}, 'find failed');
  expect(server.posts.map(({ path }) => path).sort()).toEqual(paths.map((path) => `${path}/fail`).sort());
});

test('a backup that is corrupt is not pinged as a success', async () => {
  const server = await webhookServer(200);
  const { pings } = pingsTo(server.url);
  const here = await world({ pings });
  const manifest = await here.dump();
  await here.vault.put(manifest.archive.key, 'not the archive any more');
  await expect(here.verify(manifest)).rejects.toMatchObject({ name: 'VaultError' });
  expect(server.posts).toHaveLength(1);
});

test.each(['pg_dump-dies-midway', 'pg_dump-writes-nothing'])(
  'a dump that fails has said that it started: %s',
  async (pgDump) => {
    const server = await webhookServer(200);
    const here = await world({ pings: pingsTo(server.url).pings, pgDump });
    await expect(here.dump()).rejects.toMatchObject({ name: 'DumpError' });
    expect(server.posts.map(({ path }) => path)).toEqual([expect.stringMatching(/\/start\?rid=/)]);
  },
);

test('a function that fails for good pings with what went wrong', async () => {
  const server = await webhookServer(200);
  const { vault } = await freshVault();
  const { deps, lines } = notifyDeps(vault, { pingUrl: server.url });
  await notifyFailure(deps, failed);
  expect(server.posts).toMatchObject([
    {
      path: `/services/T0k3n/fail?rid=${rid}`,
      body: expect.stringMatching(
        /^shop: dump failed after 3 attempts \(DumpError\)\n.*ECONNREFUSED.*\nHint: nothing is listening/s,
      ),
      headers: { 'content-type': 'text/plain; charset=utf-8' },
    },
  ]);
  expect(lines.join('')).toContain('"msg":"pinged"');
  expect(lines.join('')).not.toContain('T0k3n');
});

test('a long problem is cut at 10 kB, between characters', async () => {
  const server = await webhookServer(200);
  const { pings } = pingsTo(server.url);
  await pings.fail({}, 'é🐘'.repeat(10_000));
  const { body = '' } = server.posts[0] ?? {};
  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(10_000);
  expect(Buffer.byteLength(body)).toBeGreaterThan(9_990);
  expect(body).toMatch(/^(é🐘)+é?$/u);
});

test('with a check for each database a failure of none is a failure of each', async () => {
  const server = await webhookServer(200);
  const { pings } = pingsTo(`${server.url}/{database}`, ['shop', 'crm']);
  await pings.fail({}, 'the bucket is gone');
  await pings.fail({ database: 'crm' }, 'it is locked');
  expect(server.posts.map(({ path }) => path).sort()).toEqual(
    ['crm', 'crm', 'shop'].map((slug) => `/services/T0k3n/${slug}/fail`),
  );
});

test('one that is down, slow or refusing hurts no backup, and its URL stays secret', async () => {
  const silent = await silentServer();
  const refusing = await webhookServer(404);
  const failing = await webhookServer(500);
  const urls = [
    `http://127.0.0.1:${await closedPort()}/T0k3n`,
    `${silent.endpoint}/T0k3n`,
    refusing.url,
    failing.url,
    'T0k3n',
  ];
  await Promise.all(
    urls.map(async (url) => {
      const { pings, lines } = pingsTo(url);
      const here = await world({ pings });
      const manifest = await here.dump();
      expect(await here.verify(manifest)).toMatchObject({ verdict: 'readable' });
      // Both came to nothing, and both were settled before dump and verify had ended.
      expect(lines.filter((line) => line.includes('ping not delivered'))).toHaveLength(2);
      expect(lines.join('')).not.toContain('T0k3n');
    }),
  );
  expect(refusing.posts).toHaveLength(2);
  expect(failing.posts).toHaveLength(4);
});

test('a dump does not wait for its ping, but does not end before it has settled', async () => {
  const gate = new EventEmitter();
  const start = async () => void (await once(gate, 'answer'));
  const here = await world({ pings: { ...pingsTo('T0k3n').pings, start } });
  let ended = false;
  const dumping = here.dump().finally(() => {
    ended = true;
  });
  await expect.poll(() => here.log.some((line) => line.includes('dump finished')), { timeout: 60_000 }).toBe(true);
  expect(ended).toBe(false);
  gate.emit('answer');
  await dumping;
});
