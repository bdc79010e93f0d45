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
  prepareFunctions(serverless, { TZ: 'UTC' }, config);
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
  const functions = prepareFunctions(service(), {}, config);
  expect(functions.get('dump')).toEqual({
    ...{ name: 'pgvouch-prod-dump', maximumRetryAttempts: 2, onFailure: 'notify', onSuccess: 'notify' },
    atOnce: 1,
  });
  expect(functions.get('notify')).toMatchObject({ maximumRetryAttempts: 2, onFailure: undefined });
  expect(retryDelaysMs(60_000)).toEqual([60_000, 120_000]);
});

test('a function that serverless.yml lacks is missed', () => {
  const serverless = service();
  delete serverless.service.functions.notify;
  expect(() => prepareFunctions(serverless, {}, config)).toThrow('serverless.yml has no function notify');
});
