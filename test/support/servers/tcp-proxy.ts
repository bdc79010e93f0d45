import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** From now on nothing passes, in either direction, and nobody is told: as when a network fails. */
  freeze(): void;
  end(): Promise<void>;
}

/**
 * @param port - where it listens; by default any
 * @param host - at which address; containers reach another one than this machine's own
 * @param cutIdleMs - resets a connection that was silent, both ways, for so long:
 * as firewalls and load balancers do
 */
export async function startTcpProxy(
  targetPort: number,
  { cutIdleMs = 0, port = 0, host = '127.0.0.1' } = {},
): Promise<TcpProxy> {
  const sockets: Socket[] = [];
  let frozen = false;
  const server = createServer((near) => {
    const far = connect(targetPort, '127.0.0.1');
    near.setTimeout(cutIdleMs, () => {
      near.resetAndDestroy();
      far.destroy();
    });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.push(from);
      from.on('error', () => {});
      from.on('data', (chunk) => {
        if (!frozen) to.write(chunk);
      });
      from.on('close', () => {
        if (!frozen) to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    freeze() {
      frozen = true;
    },
    async end() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
