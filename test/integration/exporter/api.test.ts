import { Validator } from '@seriousme/openapi-schema-validator';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { beforeAll, expect, test } from 'vitest';
import { gatewayEvent } from '../../../events/serve/gateway-event.ts';
import { DESCRIPTION_PATH, PATHS } from '../../../layers/api/openapi.ts';
import { failureKey } from '../../../layers/backup/keys.ts';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import { openExporter, openExporterOf } from '../../support/servers/exporter-process.ts';
import { deviationsFrom } from '../../support/status/api-description.ts';
import { storeSampleCluster } from '../../support/world/sample-cluster.ts';
import { storeBackup } from '../../support/world/stored-backup.ts';
import { freshVault, freshVaultConfig } from '../../support/world/world-vault.ts';

const hoursAgo = (hours: number) => new Date(Math.floor(Date.now() / 1000 - hours * 3600) * 1000);
const OLD = hoursAgo(50);
const NEW = hoursAgo(2);

interface Named {
  readonly database: string;
  readonly firedAt: string;
}

let vault: Vault;
let exporter: ReturnType<typeof openExporter>;

beforeAll(async () => {
  ({ vault } = await freshVault());
  await storeBackup(vault, { firedAt: OLD, verdict: 'readable', kept: true, removeAfter: hoursAgo(-24) });
  await storeBackup(vault, { firedAt: NEW, verdict: 'restorable' });
  await storeBackup(vault, { database: 'odd & "name"/x', firedAt: NEW });
  await storeSampleCluster(vault, {
    segments: [1, 2, 3],
    bases: [{ startedAt: hoursAgo(20), segment: 1, verdict: 'restorable' }],
  });
  const failure = {
    ...{ format: 'pgvouch/failure', formatVersion: 1, at: hoursAgo(1).toISOString(), function: 'dump' },
    ...{ database: 'shop', error: { type: 'DumpError', problem: 'refused' }, attempts: 3, requestId: 'r1' },
  };
  await vault.put(failureKey(vault.prefix, 'shop', hoursAgo(1)), JSON.stringify(failure));
  exporter = openExporter(vault, { databases: ['shop', 'new'] });
});

/** What a request gets, as JSON. */
async function ask(url: string, from: Pick<typeof exporter, 'get'> = exporter, method = 'GET') {
  const event = gatewayEvent({ method, url, headers: {} }) as unknown as APIGatewayProxyEventV2;
  const { statusCode, headers, body } = await from.get(event);
  expect(headers?.['content-type']).toBe('application/json');
  return { statusCode, answer: JSON.parse(body) };
}

const query = (parameters: Record<string, string>) => `?${new URLSearchParams(parameters)}`;

test('the description is sound OpenAPI, and served', async () => {
  const { statusCode, answer } = await ask(DESCRIPTION_PATH);
  expect(statusCode).toBe(200);
  expect(await new Validator().validate(answer)).toMatchObject({ valid: true });
  expect(Object.keys(answer.paths)).toEqual(Object.values(PATHS).map(({ path }) => path));
});

test('of several servers one is asked for, and each is told by its name', async () => {
  const { vault: other } = await freshVault();
  await storeBackup(other, { firedAt: NEW, verdict: 'restorable' });
  const both = openExporterOf({ main: openVault(vault.config), old: other });
  const { answer: servers } = await ask(PATHS.servers.path, both);
  expect(deviationsFrom('Server', servers, true)).toEqual([]);
  expect(servers).toMatchObject([
    { server: 'main', level: 'attention', vaultUp: true },
    { server: 'old', vaultUp: true },
  ]);
  const { answer: status } = await ask(PATHS.status.path + query({ server: 'main' }), both);
  expect(status).toMatchObject({
    server: 'main',
    databases: expect.arrayContaining([expect.objectContaining({ database: 'shop' })]),
  });
  expect(deviationsFrom('Status', status)).toEqual([]);
  const backups = await ask(PATHS.backups.path + query({ server: 'old', limit: '5' }), both);
  expect(backups.answer).toMatchObject([{ database: 'shop', firedAt: NEW.toISOString() }]);
  const one = { server: 'old', database: 'shop', firedAt: NEW.toISOString() };
  expect(await ask(PATHS.backup.path + query(one), both)).toMatchObject({ statusCode: 200 });
  expect(await ask(PATHS.backup.path + query({ ...one, firedAt: OLD.toISOString() }), both)).toMatchObject({
    statusCode: 404,
  });
  expect(await ask(PATHS.status.path, both)).toEqual({
    ...{ statusCode: 400, answer: { error: 'the parameter server is missing: it names one of main, old' } },
  });
  expect(await ask(PATHS.status.path + query({ server: 'new' }), both)).toMatchObject({ statusCode: 404 });
  // One without a name need not, and cannot, be named.
  expect((await ask(PATHS.servers.path)).answer).toMatchObject([{ server: null, level: 'trouble' }]);
  expect(await ask(PATHS.status.path + query({ server: 'main' }))).toMatchObject({ statusCode: 404 });
});

test.each([
  ['Server', PATHS.servers.path, true],
  ['Status', PATHS.status.path, false],
  ['Database', PATHS.databases.path, true],
  ['Cluster', PATHS.clusters.path, true],
  ['BackupEntry', PATHS.backups.path, true],
  ['BackupEntry', PATHS.backups.path + query({ database: 'shop', limit: '1' }), true],
  ['BackupDetail', PATHS.backup.path + query({ database: 'shop', firedAt: OLD.toISOString() }), false],
  ['BackupDetail', PATHS.backup.path + query({ database: 'odd & "name"/x', firedAt: NEW.toISOString() }), false],
  ['Failure', PATHS.failures.path, true],
  ['Failure', PATHS.failures.path + query({ database: 'shop' }), true],
])('an answer is the %s that it is described as: %s', async (shape, url, list) => {
  const { statusCode, answer } = await ask(url);
  expect(statusCode).toBe(200);
  expect(deviationsFrom(shape, answer, list)).toEqual([]);
  if (list) expect(answer.length).toBeGreaterThan(0);
});

test('what the page says, for programs', async () => {
  const { answer } = await ask(PATHS.status.path);
  expect(answer).toMatchObject({ version: '1.2.3', level: 'trouble', vaultUp: true });
  const named = (name: string) => answer.databases.find(({ database }: Named) => database === name);
  const [never, shop] = ['new', 'shop'].map(named);
  expect(never).toMatchObject({ level: 'trouble', headline: 'never backed up', newest: null, backups: 0 });
  expect(shop).toMatchObject({
    headline: expect.stringContaining('restorable, 2 h ago'),
    ...{ newest: { firedAt: NEW.toISOString(), verdict: 'restorable' }, backups: 2, failures: 1 },
  });
  expect(answer.clusters).toMatchObject([{ headline: expect.stringMatching(/^can go back/), gaps: [] }]);
});

test('backups: the newest first, of one database or all, in pages', async () => {
  const firedAt = async (parameters: Record<string, string>) =>
    (await ask(PATHS.backups.path + query(parameters))).answer.map((one: Named) => one.firedAt);
  const [newest, old] = [NEW, OLD].map((at) => at.toISOString());
  expect(await firedAt({})).toEqual([newest, newest, old]);
  expect(await firedAt({ database: 'shop' })).toEqual([newest, old]);
  expect(await firedAt({ database: 'shop', limit: '1', before: String(newest) })).toEqual([old]);
  expect(await firedAt({ database: 'shop', before: `${String(newest).slice(0, 19)}+00:00` })).toEqual([old]);
  expect(await firedAt({ database: 'new' })).toEqual([]);
  const { answer } = await ask(PATHS.backups.path + query({ database: 'shop' }));
  expect(answer[1]).toMatchObject({ kept: true, retired: { reasons: expect.any(Array) } });
});

test('page by page no backup is left out, though one firing has several', async () => {
  const { answer: all } = await ask(PATHS.backups.path);
  const names: string[] = [];
  for (let before: string | undefined = ''; before !== undefined; before = names.at(-1)) {
    const parameters = { limit: '1', ...(before !== '' && { before }) };
    const { answer } = await ask(PATHS.backups.path + query(parameters));
    if (answer.length === 0) break;
    names.push(...answer.map((one: { backup: string }) => one.backup));
  }
  expect(names).toEqual(all.map((one: { backup: string }) => one.backup));
});

test.each([
  [400, PATHS.backups.path + query({ before: 'shop/yesterday' }), /parameter before /],
  [400, PATHS.backups.path + query({ databse: 'shop' }), /parameter databse is missing, unknown or not understood/],
  [400, PATHS.backups.path + query({ limit: '100000' }), /parameter limit /],
  [400, PATHS.backup.path + query({ database: 'shop' }), /parameter firedAt /],
  [400, PATHS.backup.path + query({ database: 'shop', firedAt: 'yesterday' }), /parameter firedAt /],
  [404, PATHS.backup.path + query({ database: 'shop', firedAt: hoursAgo(99).toISOString() }), /no backup of "shop"/],
  [404, PATHS.backups.path + query({ database: 'nobody' }), /"nobody" is not configured/],
  [404, PATHS.failures.path + query({ database: 'nobody' }), /"nobody" is not configured/],
  [404, '/api/v2/status', /openapi\.json lists what there is/],
])('%i for %s', async (status, url, error) => {
  const { statusCode, answer } = await ask(url);
  expect([statusCode, answer]).toEqual([status, { error: expect.stringMatching(error) }]);
  expect(deviationsFrom('Error', answer)).toEqual([]);
});

test('a token is asked for as for the page, nothing is written, and a bucket that is silent is said', async () => {
  const closed = openExporter(openVault(vault.config), { token: { name: 'METRICS_TOKEN', value: 't0ken' } });
  expect(await ask(PATHS.status.path, closed)).toMatchObject({
    statusCode: 401,
    answer: { error: expect.any(String) },
  });
  expect(await ask(PATHS.status.path, exporter, 'POST')).toMatchObject({ statusCode: 404 });
  const silent = openExporter(openVault(freshVaultConfig()));
  expect(await ask(PATHS.backups.path, silent)).toMatchObject({ statusCode: 503 });
  const { statusCode, answer } = await ask(PATHS.status.path, silent);
  expect([statusCode, answer.level, answer.vaultUp]).toEqual([200, 'unknown', false]);
  expect(deviationsFrom('Status', answer)).toEqual([]);
});
