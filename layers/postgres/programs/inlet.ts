import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Reads what comes through a socket straight into the reader's memory. */
export interface Inlet {
  /**
   * Reads until the memory is full, or until the other side has ended. One call at a time.
   *
   * @param seen - called with every piece of it that came, in order
   * @returns how many bytes came; fewer than there is room for only at the end
   * @throws if the socket breaks
   */
  fill(target: Buffer, seen: (bytes: Buffer) => void): Promise<number>;
  /** Reads no more: who fills memory gets what came so far. */
  close(): void;
}

interface Filling {
  readonly target: Buffer;
  readonly seen: (bytes: Buffer) => void;
  readonly settle: (error?: Error) => void;
  filled: number;
}

/** Node says where the next bytes belong before anyone has asked for them: then they come here, and are copied. */
const SPILL_BYTES = 64 * 1024;

/**
 * Opens a pair of connected sockets: one to read from, and one for a child to write to. A child's usual pipe would bring
 * the same bytes in chunks of fresh memory, at twice the CPU.
 *
 * @returns `outlet` is to be given to the child, and then destroyed here
 * @see https://nodejs.org/api/net.html#socketconnectoptions-connectlistener, onread
 */
export async function openInlet(): Promise<{ readonly inlet: Inlet; readonly outlet: Socket }> {
  const name = `\0pgvouch-${randomUUID()}`;
  const server = createServer().listen(name);
  try {
    await once(server, 'listening');
    const { inlet, socket } = inletFrom(name);
    return { inlet, outlet: await otherEnd(server, socket) };
  } finally {
    server.close();
  }
}

/** Such a name has no owner: whoever is on this machine may connect to it, but only our own side knows the secret. */
function otherEnd(server: Server, socket: Socket): Promise<Socket> {
  const secret = randomBytes(32);
  socket.write(secret);
  const connected: Socket[] = [];
  return new Promise((resolve, reject) => {
    for (const it of [server, socket]) it.once('error', reject);
    server.on('connection', (one) => {
      connected.push(one);
      one.on('error', () => one.destroy());
      one.once('data', (said) => {
        if (!secret.equals(said)) return;
        for (const other of connected) if (other !== one) other.destroy();
        resolve(one.pause());
      });
    });
  });
}

function inletFrom(path: string): { readonly inlet: Inlet; readonly socket: Socket } {
  const spill = Buffer.allocUnsafeSlow(SPILL_BYTES);
  let spilled = spill.subarray(0, 0);
  let filling: Filling | undefined;
  let failure: Error | undefined;
  let ended = false;

  const settle = () => {
    filling?.settle(failure);
    filling = undefined;
  };
  const take = (bytes: Buffer) => {
    if (filling === undefined) return;
    filling.filled += bytes.length;
    filling.seen(bytes);
    if (filling.filled === filling.target.length) settle();
  };
  const pour = () => {
    if (filling === undefined || spilled.length === 0) return;
    const { target, filled } = filling;
    const length = spilled.copy(target, filled);
    spilled = spilled.subarray(length);
    take(target.subarray(filled, filled + length));
  };
  const onread = {
    buffer: () => (filling ? filling.target.subarray(filling.filled) : spill),
    callback(length: number, buffer: Uint8Array) {
      if (buffer === spill) {
        spilled = spill.subarray(0, length);
        pour();
      } else if (filling) {
        take(filling.target.subarray(filling.filled, filling.filled + length));
      }
      // Not read on before there is memory for it.
      return filling !== undefined;
    },
  };
  const socket = connect({ path, onread });
  socket.once('error', (error) => {
    failure = error;
  });
  socket.once('close', () => {
    ended = true;
    pour();
    settle();
  });
  const inlet: Inlet = {
    fill: (target, seen) =>
      new Promise((resolve, reject) => {
        const mine: Filling = {
          ...{ target, seen, filled: 0 },
          settle: (error) => (error ? reject(error) : resolve(mine.filled)),
        };
        filling = mine;
        pour();
        if (ended) settle();
        else if (filling) socket.resume();
      }),
    close: () => void socket.destroy(),
  };
  return { inlet, socket };
}
