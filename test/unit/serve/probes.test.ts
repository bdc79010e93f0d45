import { createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { gatewayEvent } from '../../../events/serve/gateway-event.ts';
import { healthOf } from '../../../events/serve/health.ts';
import { reportOfAll } from '../../../events/serve/http.ts';
import { openReadiness } from '../../../events/serve/readiness.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const now = new Date('2026-11-27T02:00:00Z');
const next = { dump: new Date('2026-11-28T02:00:00Z'), verify: now, retention: null };

test('it is well while its clock runs and it listens; the exporter is started again by itself', () => {
  const well = { next, listening: true, exporter: true };
  expect(healthOf(well, now)).toMatchObject({ ok: true, clock: true, receiver: true, exporter: true, next });
  expect(healthOf({ ...well, exporter: false }, now)).toMatchObject({ ok: true, exporter: false });
  expect(healthOf({ ...well, listening: false }, now)).toMatchObject({ ok: false, receiver: false });
  const late = { ...next, verify: new Date('2026-11-27T01:58:00Z') };
  expect(healthOf({ ...well, next: late }, now)).toMatchObject({ ok: false, clock: false });
});

test('it is ready when each part was found well, and its server takes connections now', async () => {
  const place = async () => {
    const server = createServer((socket) => socket.destroy());
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { server, host: '127.0.0.1', port: (server.address() as { port: number }).port };
  };
  const [postgres, bucket] = [await place(), await place()];
  const readiness = openReadiness({
    postgres: [{ path: '/nonexistent/.s.PGSQL.1' }, { host: postgres.host, port: postgres.port }],
    bucketServer: { host: bucket.host, port: bucket.port },
    notifications: 'pushed',
  });
  expect(await readiness.report(0)).toMatchObject({ ok: false, bucket: false, notifications: false });
  for (const part of ['programs', 'database', 'bucket'] as const) readiness.found(part);
  expect(await readiness.report(10)).toEqual({
    ...{ ok: true, bucket: true, postgres: true, programs: true, notifications: 'pushed' },
  });
  await new Promise((resolve) => postgres.server.close(resolve));
  expect(await readiness.report(20)).toMatchObject({ ok: true });
  expect(await readiness.report(5_000)).toMatchObject({ ok: false, postgres: false, bucket: true });
});

test('several servers are well if each is, and the report names who is not', () => {
  const well = { ok: true };
  expect(reportOfAll([[undefined, well]])).toEqual(well);
  expect(reportOfAll([['main', well]])).toEqual({ ok: true, servers: { main: well } });
  const ill = { ok: false, postgres: false };
  expect(
    reportOfAll([
      ['main', well],
      ['old', ill],
    ]),
  ).toEqual({ ok: false, servers: { main: well, old: ill } });
});

test('a request becomes API Gateway’s event', () => {
  expect(
    gatewayEvent({ method: 'GET', url: '/?database=shop&x=1&x=2', headers: { accept: 'text/html', 'x-list': 'a' } }),
  ).toMatchObject({
    ...{ rawPath: '/', rawQueryString: 'database=shop&x=1&x=2', headers: { accept: 'text/html' } },
    ...{
      queryStringParameters: { database: 'shop', x: '1,2' },
      requestContext: { http: { method: 'GET', path: '/' } },
    },
  });
  expect(gatewayEvent({ url: '/metrics', headers: {} })).toMatchObject({ rawPath: '/metrics', rawQueryString: '' });
});
