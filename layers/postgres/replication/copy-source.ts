import { Socket } from 'node:net';
import type pg from 'pg';
import type { Tap } from '../connect/dial.ts';
import { openMessageCutter } from './message-cutter.ts';

/**
 * The messages of a COPY, as they come from a connection. node-postgres joins and copies each one several times, into fresh
 * memory: a gigabyte of WAL would leave several of garbage. So they are cut out before it; all others go to it.
 */
export interface CopySource {
  /** From now on nothing is read before it is asked for. @param wake - is called once there is something to ask for */
  open(wake: () => void): void;
  /** The next message if it is there; it is good until the next call. */
  take(): Buffer | undefined;
  /** From now on all is read; messages of a COPY are dropped. */
  close(): void;
}

/** What node-postgres has of a connection beyond its types; see copy-both.ts. */
interface Wire {
  readonly stream: Socket;
  readonly ssl: unknown;
  once(event: 'sslconnect', listener: () => void): unknown;
}

/**
 * What a busy server has sent meanwhile is read at once. A message that two reads share is joined, and of reads of 256 kB nearly
 * every one shares one: that took 7 % more CPU.
 */
const READ_BYTES = 1024 * 1024;

const sources = new WeakMap<pg.Client, CopySource>();

/** How {@link dial} opens a connection whose copies are cut. */
export const CUT_COPIES: Tap = { openSocket, begin };

/** A socket that reads into the same memory again and again; Node.js has no such thing over TLS. */
function openSocket(): Socket {
  const socket = new Socket({
    onread: {
      buffer: Buffer.allocUnsafeSlow(READ_BYTES),
      callback(sizeBytes, bytes) {
        socket.emit('data', Buffer.from(bytes.buffer, bytes.byteOffset, sizeBytes));
        return !socket.isPaused();
      },
    },
  } as ConstructorParameters<typeof Socket>[0]);
  return socket;
}

function begin(client: pg.Client): void {
  const wire = client.connection as unknown as Wire;
  if (wire.ssl) wire.once('sslconnect', () => sources.set(client, sourceFrom(wire.stream)));
  else sources.set(client, sourceFrom(wire.stream));
}

export function copySourceOf(client: pg.Client): CopySource {
  const source = sources.get(client);
  if (source === undefined) throw new Error('the connection was not opened as a walsender');
  return source;
}

function sourceFrom(stream: Socket): CopySource {
  const parsers = stream.listeners('data');
  stream.removeAllListeners('data');
  const cutter = openMessageCutter((message) => {
    for (const parse of parsers) parse.call(stream, message);
  });
  /** Undefined unless a COPY is open. */
  let wake: (() => void) | undefined;
  let held: Buffer | undefined;

  let cutting = false;
  const cut = () => {
    // What node-postgres makes of a message may close us, but its parser must not be called within itself.
    if (cutting) return;
    cutting = true;
    try {
      do held = cutter.next();
      while (wake === undefined && held !== undefined);
    } finally {
      cutting = false;
    }
    if (held === undefined) stream.resume();
    else stream.pause();
  };
  stream.on('data', (bytes: Buffer) => {
    cutter.feed(bytes);
    cut();
    wake?.();
  });
  return {
    open(listener) {
      wake = listener;
    },
    take() {
      if (held === undefined) cut();
      const message = held;
      held = undefined;
      return message;
    },
    close() {
      wake = undefined;
      cut();
    },
  };
}
