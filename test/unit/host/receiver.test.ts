import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Receiver, startReceiver } from '../../../events/host/receiver.ts';

let receiver: Receiver;
let events: unknown[];

beforeEach(async () => {
  events = [];
  receiver = await startReceiver('127.0.0.1', 0, (event) => events.push(event));
});

afterEach(() => receiver.close());

const send = (body?: string, method = 'POST') =>
  fetch(`http://127.0.0.1:${receiver.port}/anywhere`, { method, ...(body !== undefined && { body }) });

test('a notification is handed on as it is', async () => {
  expect((await send('{"Records": [{"eventName": "ObjectCreated:Put"}]}')).status).toBe(200);
  expect(events).toEqual([{ Records: [{ eventName: 'ObjectCreated:Put' }] }]);
});

test.each(['HEAD', 'GET', 'POST'])(
  'an empty %s, by which a store asks whether anyone is there, is no event',
  async (m) => {
    expect((await send(undefined, m)).status).toBe(200);
    expect(events).toEqual([]);
  },
);

test('what is not JSON, or more than anyone notifies of, is refused', async () => {
  expect((await send('<xml/>')).status).toBe(400);
  expect((await send(JSON.stringify({ padding: 'x'.repeat(2_000_000) }))).status).toBe(400);
  expect(events).toEqual([]);
});

test('nonsense and a sender that breaks off do no harm', async () => {
  for (const text of ['not HTTP at all\r\n\r\n', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{']) {
    const socket = connect(receiver.port, '127.0.0.1');
    await new Promise((resolve) => socket.write(text, resolve));
    socket.destroy();
  }
  expect((await send('{}')).status).toBe(200);
  expect(events).toEqual([{}]);
});

test('closed, it listens no more', async () => {
  receiver.close();
  await expect(send('{}')).rejects.toThrow();
});
