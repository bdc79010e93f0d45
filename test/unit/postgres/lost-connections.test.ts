import { connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { DumpError } from '../../../layers/backup/errors.ts';
import { isLoss } from '../../../layers/postgres/connect/server-error.ts';

/** What writing to a connection gives that the other end has reset, until it is an error: which one depends on the moment. */
async function brokenBy(end: (socket: Socket) => void): Promise<Error> {
  const server = createServer(end).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    const write = () => socket.write('.', () => setImmediate(write));
    socket.on('error', resolve).on('connect', write);
  });
}

test('a connection that breaks is a loss, however the system says so', async () => {
  expect(isLoss(await brokenBy((socket) => socket.destroy()))).toBe(true);
  expect(isLoss(await brokenBy((socket) => socket.resetAndDestroy()))).toBe(true);
  for (const code of ['ECONNRESET', 'EPIPE']) {
    const cause = Object.assign(new Error(`write ${code}`), { code });
    expect(isLoss(new DumpError({ operation: 'read', problem: 'it broke', cause }))).toBe(true);
  }
});

test('a server that refuses says why', () => {
  for (const code of ['ECONNREFUSED', '28P01', '57P03']) {
    expect(isLoss(Object.assign(new Error('refused'), { code }))).toBe(false);
  }
});
