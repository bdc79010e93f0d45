import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { installationOf } from '../../support/servers/installations.ts';
import { endServices, serviceVariables, startService, type TestService } from '../../support/servers/service.ts';
import { topicFor } from '../../support/servers/topic.ts';
import { type TwoServers, twoServers } from '../../support/world/two-servers.ts';
import { clearWorlds } from '../../support/world/world.ts';
import { keysOf } from '../../support/world/world-vault.ts';

// One service for two servers, and what becomes of it, test after test.

const PATIENCE = { timeout: 90_000, interval: 50 };
let here: TwoServers;
let service: TestService;

beforeAll(async () => {
  here = await twoServers();
  const { DRILL: _, ...own } = await serviceVariables();
  const scratch = await Promise.all([installationOf(18), installationOf(17)]);
  service = startService({
    ...{ ...own, ...here.env, SCRATCH_POSTGRES_DIR: scratch.join(':') },
    MINIO_NOTIFY_ARN: await topicFor(here.main.vault.bucket, `http://127.0.0.1:${own.LOCAL_NOTIFY_PORT}`),
  });
});

afterAll(async () => {
  await endServices();
  await here?.end();
  await clearWorlds();
});

const get = async (where: string) => {
  const answer = await fetch(service.url + where);
  return { status: answer.status, body: await answer.text() };
};
const json = async (where: string) => JSON.parse((await get(where)).body);

test('both are backed up at once, and the bucket has each proved by its own verify', async () => {
  for (const [server, { database, vault }] of [
    ['main', here.main],
    ['old', here.old],
  ] as const) {
    await service.logged({ msg: 'pgvouch is running', server });
    await service.logged({ msg: 'dump finished', name: 'dump', server, database });
    await service.logged({ msg: 'verified', name: 'verify', server, database, verdict: 'restorable' });
    const keys = await keysOf(vault);
    expect(keys.filter((key) => key.includes('/manifest.json'))).toHaveLength(1);
    expect(keys).toContainEqual(expect.stringMatching(/verdict-restorable\.json$/));
  }
});

test('one exporter shows both: metrics, pages, the API and the probes', async () => {
  const { main, old } = here;
  await vi.waitFor(async () => {
    const { body } = await get('/metrics');
    for (const [server, { database }] of Object.entries({ main, old })) {
      expect(body).toContain(`pgvouch_backups{database="${database}",verdict="restorable",server="${server}"} 1`);
      expect(body).toContain(`pgvouch_vault_up{server="${server}"} 1`);
      expect(body).toMatch(new RegExp(`pgvouch_next_dump_timestamp_seconds\\{server="${server}"\\} \\d`));
    }
  }, PATIENCE);
  const overview = await get('/');
  expect(overview.body).toContain('All is well');
  for (const [server, { database }] of Object.entries({ main, old })) {
    expect(overview.body).toContain(`href="?server=${server}"`);
    expect((await get(`/?server=${server}`)).body).toContain(database);
    expect((await get(`/?server=${server}&database=${database}`)).status).toBe(200);
    expect(await json(`/api/v1/backups?server=${server}`)).toMatchObject([{ database, verdict: 'restorable' }]);
  }
  expect((await get('/?server=nobody')).status).toBe(404);
  expect(await json('/api/v1/servers')).toMatchObject([
    { server: 'main', level: 'good' },
    { server: 'old', level: 'good' },
  ]);
  expect(await json('/healthz')).toMatchObject({ ok: true, servers: { main: { ok: true }, old: { clock: true } } });
  expect(await json('/readyz')).toMatchObject({ ok: true, servers: { old: { ok: true, notifications: 'pushed' } } });
});

test('asked to end, it ends in order; what one server lacks stops neither the other nor the service', async () => {
  expect(await service.end()).toMatchObject({ exitCode: 0 });
  expect(service.log().filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);

  await here.old.postgres.end();
  // Each server's clock has a file of its own: without it, the start is the first of that server.
  rmSync(path.join(service.env.PGVOUCH_STATE_DIR ?? '', 'service/servers/main/clock.json'));
  service = startService({ ...service.env, DRILL: 'off' });
  await service.logged({ msg: 'not there yet', server: 'old', part: 'database' });
  await service.logged({ msg: 'pgvouch is running', server: 'main' });
  await service.logged({ msg: 'dump finished', name: 'dump', server: 'main', database: here.main.database });
  expect(await json('/readyz')).toMatchObject({
    ...{
      ok: false,
      servers: { main: { ok: true, postgres: true }, old: { ok: false, postgres: false, bucket: true } },
    },
  });
  expect(service.log().filter(({ server, name }) => server === 'old' && name === 'dump')).toEqual([]);
});
