import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { runFolder } from '../../support/run/run-folder.ts';
import { variablesOf } from '../../support/servers/command-line.ts';
import { isAlive } from '../../support/servers/processes.ts';
import { quickInstallation } from '../../support/servers/quick-installation.ts';
import { endServices, serviceVariables, startService, type TestService } from '../../support/servers/service.ts';
import { webhookServer } from '../../support/servers/webhook-server.ts';
import { type ClientFolder, clientFolder } from '../../support/world/client-folder.ts';
import { type World, world } from '../../support/world/world.ts';

const PATIENCE = { timeout: 90_000, interval: 50 };
const DAY_MS = 86_400_000;
let here: World;
let hanging: ClientFolder;
let restores: ClientFolder;
let drills: string;
let env: Record<string, string>;

beforeEach(async () => {
  here = await world();
  await here.sql('CREATE TABLE item AS SELECT generate_series(1, 1000) AS id');
  hanging = clientFolder({ pg_dump: 'pg_dump-hangs' });
  restores = clientFolder({ pg_restore: 'pg_restore-hangs' });
  drills = runFolder('drill');
  env = {
    ...(await serviceVariables()),
    ...variablesOf(here.vault, here.postgres.target),
    POSTGRES_DB: here.database,
  };
});

afterEach(() => {
  hanging.remove();
  restores.remove();
});
afterAll(endServices);

test('what SIGTERM ends leaves nothing behind, dump and drill; after that, and after a kill, the dump is taken again under its name', async () => {
  const service = await startDumping();
  const [name] = eventFiles();
  const firedAt = firedAtOf(service);

  const end = await service.end();

  expect(end).toMatchObject({ exitCode: 0, signal: null });
  expect(end.durationMs).toBeLessThan(10_000);
  expect(isAlive(hanging.pid())).toBe(false);
  expect(await here.keys()).toEqual([]);
  expect(await here.unfinishedUploads()).toEqual([]);
  expect(eventFiles()).toContain(name);

  const second = await startDumping();
  expect(firedAtOf(second)).toBe(firedAt);

  await second.end('SIGKILL');

  await vi.waitFor(() => expect(isAlive(hanging.pid())).toBe(false), PATIENCE);
  await endsItsDrill(await takesItAgain(firedAt));
});

test('of the firings that were missed it makes up for the latest; what fails for good reaches people', async () => {
  const dying = clientFolder({ pg_dump: 'pg_dump-dies-midway' });
  const webhook = await webhookServer(200);
  const folder = path.join(env.PGVOUCH_STATE_DIR ?? '', 'service');
  const now = Date.now();
  const times = { dump: new Date(now - 3 * DAY_MS), retention: new Date(now) };
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'clock.json'), JSON.stringify(times));

  const service = startService({ ...env, PG_CLIENT_DIR: dying.folder, BACKUP_WEBHOOK_URL: webhook.url });

  const { dumps, takenUp } = await service.logged({ msg: 'pgvouch is running' });
  expect({ dumps, takenUp }).toEqual({ dumps: [here.database], takenUp: [] });
  const failed = await service.logged({ msg: 'a function failed', function: 'dump', givenUp: true });
  expect(failed).toMatchObject({ attempt: 3, database: here.database, err: { type: 'DumpError' } });
  expect(failed.time).toMatch(/T02:00:00Z$/);
  expect(now - Date.parse(String(failed.time))).toBeLessThan(DAY_MS);
  await vi.waitFor(() => expect(webhook.posts).toHaveLength(1), PATIENCE);
  expect(await here.keys()).toContainEqual(expect.stringContaining(`${here.database}/failures/`));
  await service.end();
  dying.remove();
});

/** A service whose first dump hangs in the middle of its upload. */
async function startDumping(): Promise<TestService> {
  const service = startService({ ...env, PG_CLIENT_DIR: hanging.folder });
  await vi.waitFor(async () => expect(await here.unfinishedUploads()).toHaveLength(1), PATIENCE);
  return service;
}

/** A service that takes it again, and whose drill of it hangs. */
async function takesItAgain(firedAt: unknown): Promise<TestService> {
  const service = startService({
    ...{ ...env, PG_CLIENT_DIR: restores.folder, LOCAL_VERIFY_INTERVAL: '1' },
    ...{ DRILL: 'on', DRILL_FOLDER: drills, SCRATCH_POSTGRES_DIR: quickInstallation(embeddedPostgres()) },
  });
  const { takenUp, dumps } = await service.logged({ msg: 'pgvouch is running' });
  expect(takenUp).toEqual(expect.arrayContaining([expect.stringContaining(`dump ${here.database}`)]));
  expect(dumps).toEqual([]);
  expect(await service.logged({ msg: 'dump finished' })).toMatchObject({ firedAt });
  await vi.waitFor(() => expect(eventFiles().filter((file) => file.includes('dump'))).toEqual([]), PATIENCE);
  expect((await here.keys()).filter((key) => key.endsWith('manifest.json'))).toHaveLength(1);
  return service;
}

/** No copy of the data is left, and no server. */
async function endsItsDrill(service: TestService): Promise<void> {
  await vi.waitFor(() => expect(isAlive(restores.pid())).toBe(true), PATIENCE);
  const descendants = [...service.descendants()];
  expect(descendants).toContainEqual([expect.any(Number), expect.stringMatching(/postgres.*pgvouch-drill/)]);

  const end = await service.end();

  expect(end).toMatchObject({ exitCode: 0, signal: null });
  expect(end.durationMs).toBeLessThan(10_000);
  expect(descendants.filter(([pid]) => isAlive(pid))).toEqual([]);
  expect(readdirSync(drills)).toEqual([]);
}

function firedAtOf(service: TestService): unknown {
  return service.log().find(({ msg }) => msg === 'dump started')?.firedAt;
}

function eventFiles(): string[] {
  return readdirSync(path.join(env.PGVOUCH_STATE_DIR ?? '', 'service/events')).filter((name) => !name.startsWith('.'));
}
