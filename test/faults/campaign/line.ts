import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

/** A network connection to a server, which can break in the ways that networks do. */
export interface Line {
  readonly port: number;
  /** Both directions, over all connections, since the line was last calm. */
  readonly passedBytes: number;
  /** Does something once, when so many bytes have passed and not one more. */
  at(bytes: number, act: () => void): void;
  /** Ends all connections at once; new ones may be made. */
  cut(): void;
  /** As {@link cut}, and there are no new ones either. */
  tear(): void;
  /** From now on nothing passes, and nobody is told. */
  freeze(): void;
  /** From now on no faster than this, in each direction of each connection. */
  slowTo(bytesPerSecond: number): void;
  /** Makes it a good line again, and ends what hung in it. */
  calm(): void;
  end(): Promise<void>;
}

export async function startLine(targetPort: number): Promise<Line> {
  const sockets = new Set<Socket>();
  let state: 'calm' | 'frozen' | 'torn' = 'calm';
  let passedBytes = 0;
  let bytesPerSecond = Number.POSITIVE_INFINITY;
  let due: { readonly bytes: number; readonly act: () => void } | undefined;

  /** What may pass of a chunk; the rest comes too late if what is due changes the line. */
  function pass(chunk: Buffer, to: Socket): void {
    if (state !== 'calm') return;
    const untilDue = (due?.bytes ?? Number.POSITIVE_INFINITY) - passedBytes;
    if (chunk.length < untilDue) {
      passedBytes += chunk.length;
      to.write(chunk);
      return;
    }
    const first = chunk.subarray(0, Math.max(0, untilDue));
    passedBytes += first.length;
    to.write(first);
    const act = due?.act;
    due = undefined;
    act?.();
    if (!to.destroyed) pass(chunk.subarray(first.length), to);
  }

  function join(from: Socket, to: Socket): void {
    sockets.add(from);
    from.on('error', () => {});
    from.on('data', (chunk: Buffer) => {
      pass(chunk, to);
      if (bytesPerSecond === Number.POSITIVE_INFINITY) return;
      from.pause();
      setTimeout(() => from.resume(), (1000 * chunk.length) / bytesPerSecond).unref();
    });
    from.on('end', () => state === 'frozen' || to.end());
    from.on('close', () => {
      sockets.delete(from);
      // What was sent before still arrives, unless nothing arrives any more.
      if (state !== 'frozen') to.end();
    });
  }

  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((near) => {
    if (state === 'torn') {
      near.destroy();
      return;
    }
    const far = connect(targetPort, '127.0.0.1');
    join(near, far);
    join(far, near);
    far.on('error', () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get passedBytes() {
      return passedBytes;
    },
    at(bytes, act) {
      due = { bytes, act };
    },
    cut,
    tear() {
      state = 'torn';
      cut();
    },
    freeze() {
      state = 'frozen';
    },
    slowTo(rate) {
      bytesPerSecond = rate;
    },
    calm() {
      const hung = state === 'frozen' || bytesPerSecond !== Number.POSITIVE_INFINITY;
      state = 'calm';
      passedBytes = 0;
      bytesPerSecond = Number.POSITIVE_INFINITY;
      due = undefined;
      if (hung) cut();
    },
    async end() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
