import { expect, test } from 'vitest';
import { readLocalConfig } from '../../../events/offline/config.ts';
import { prepareFunctions, type Serverless } from '../../../events/offline/serverless.ts';
import { FUNCTION_NAMES, retryDelaysMs } from '../../../layers/settings/functions.ts';

function service(): Serverless {
  const definition = (name: string) => ({
    name: `pgvouch-prod-${name}`,
    handler: `functions/${name}/handler.handler`,
    timeout: 1,
    layers: [],
    events: name === 'exporter' ? [{ httpApi: {} }] : [{ schedule: {} }],
  });
  const functions = Object.fromEntries(FUNCTION_NAMES.map((name) => [name, definition(name)]));
  return { service: { functions, custom: {} } };
}

const config = readLocalConfig({ DUMP_TIMEOUT: '7200' });

test('every function runs in our runtime, at the local time limits, and never by a schedule of the framework', () => {
  const serverless = service();
  prepareFunctions(serverless, [{ name: undefined, env: { TZ: 'UTC' }, config }]);
  const { dump, verify, exporter } = serverless.service.functions;
  expect(dump).toMatchObject({ handler: 'events/offline/runtime.invoked', timeout: 7200, events: [] });
  expect(dump?.environment).toEqual({ TZ: 'UTC', PGVOUCH_HANDLER: 'functions/dump/handler.ts' });
  expect(dump).not.toHaveProperty('layers');
  expect(verify?.timeout).toBe(21_600);
  expect(exporter).toMatchObject({
    handler: 'events/offline/runtime.requested',
    timeout: 29,
    events: [{ httpApi: {} }],
  });
});

test('what becomes of their ends is as on Lambda', () => {
  const [functions] = prepareFunctions(service(), [{ name: undefined, env: {}, config }]);
  expect(functions?.get('dump')).toEqual({
    ...{ name: 'pgvouch-prod-dump', maximumRetryAttempts: 2, onFailure: 'notify', onSuccess: 'notify' },
    atOnce: 1,
  });
  expect(functions?.get('notify')).toMatchObject({ maximumRetryAttempts: 2, onFailure: undefined });
  expect(retryDelaysMs(60_000)).toEqual([60_000, 120_000]);
});

test('a function that serverless.yml lacks is missed', () => {
  const serverless = service();
  delete serverless.service.functions.notify;
  expect(() => prepareFunctions(serverless, [{ name: undefined, env: {}, config }])).toThrow(
    'serverless.yml has no function notify',
  );
});

test('each server with a name has functions of its own; the exporter shows all', () => {
  const serverless = service();
  const servers = ['main', 'old'].map((name) => ({
    name,
    env: { POSTGRES_HOST: name, BACKUP_PREFIX: `${name}/` },
    config,
  }));
  const [main, old] = prepareFunctions(serverless, servers);
  expect([main?.get('dump')?.name, old?.get('dump')?.name]).toEqual([
    'pgvouch-prod-dump-main',
    'pgvouch-prod-dump-old',
  ]);
  const { functions } = serverless.service;
  expect(functions.dump).toBeUndefined();
  expect(functions['dump-old']).toMatchObject({
    ...{ name: 'pgvouch-prod-dump-old', handler: 'events/offline/runtime.invoked', timeout: 7200 },
    environment: { POSTGRES_HOST: 'old', PGVOUCH_HANDLER: 'functions/dump/handler.ts' },
  });
  expect(functions.exporter).toMatchObject({
    name: 'pgvouch-prod-exporter',
    handler: 'events/offline/runtime.requested',
  });
  expect(JSON.parse(String(functions.exporter?.environment?.SERVER_SETTINGS))).toEqual({
    ...{ main: { BACKUP_PREFIX: 'main/' }, old: { BACKUP_PREFIX: 'old/' } },
  });
});
