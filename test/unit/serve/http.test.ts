import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHttp } from '../../../events/serve/http.ts';

let http: Awaited<ReturnType<typeof startHttp>>;
beforeAll(async () => {
  http = await startHttp({
    ...{ host: '127.0.0.1', port: 0 },
    health: () => ({ ok: true }),
    readiness: async () => ({ ok: false }),
    exporter: async (event) => ({ answer: { statusCode: 200, body: JSON.stringify(event) } }),
    onFailure: () => {},
  });
});
afterAll(() => http.close());

/** What comes back for these bytes. */
async function send(bytes: string): Promise<string> {
  const socket = connect(http.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.end(bytes);
  return text(socket);
}

const HEADERS = 'HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

test.each([
  ['no HTTP', 'nonsense\r\n\r\n', 'HTTP/1.1 400 Bad Request'],
  ['a query that is too long', `GET /api/v1/backups?database=${'x'.repeat(20_000)} ${HEADERS}`, 'HTTP/1.1 431 Request'],
  [
    'a header that is too long',
    `GET / HTTP/1.1\r\nAuthorization: Bearer ${'x'.repeat(20_000)}\r\n\r\n`,
    'HTTP/1.1 431',
  ],
  ['a probe', `GET /healthz ${HEADERS}`, 'HTTP/1.1 200 OK'],
  ['a probe that only looks', `HEAD /readyz ${HEADERS}`, 'HTTP/1.1 503 '],
  ['a probe that writes', `POST /healthz ${HEADERS}`, 'HTTP/1.1 200 OK'],
  ['broken percent signs', `GET /%zz?database=%E0%A4%A ${HEADERS}`, 'HTTP/1.1 200 OK'],
])('%s is answered', async (_, bytes, begin) => {
  expect((await send(bytes)).slice(0, begin.length)).toBe(begin);
});
