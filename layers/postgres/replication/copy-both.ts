import type pg from 'pg';

/**
 * What node-postgres has of a connection beyond its types. It knows no streaming of replication, but hands every message
 * on; its version is pinned, and test/integration/postgres/replication.test.ts tries all of this.
 */
interface Wire {
  readonly stream: { pause(): unknown; resume(): unknown; destroy(error?: Error): unknown };
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  on(event: 'copyDone' | 'replicationStart', listener: () => void): unknown;
  off(event: 'copyDone' | 'replicationStart', listener: () => void): unknown;
}

export type Row = readonly (string | null)[];

/** A COPY in both directions, as START_REPLICATION begins one, or from the server alone, as BASE_BACKUP does. */
export interface CopyBoth {
  /**
   * The server's next message; undefined after its last, `silence` if there is none for so long.
   *
   * @throws what the server refused it with, or what the connection broke with
   */
  next(waitMs?: number): Promise<Buffer | 'silence' | undefined>;
  /** The rows so far, as text: those that come before the first message are there with it. */
  rows(): readonly Row[];
  send(message: Buffer): void;
  /** Ends our direction; the server then ends its own. */
  endSending(): void;
  /** All rows, once all has ended. Messages that nobody read are dropped. */
  ended(): Promise<readonly Row[]>;
  /** Breaks the connection off. */
  destroy(reason: Error): void;
}

/** Messages beyond so many bytes wait in the connection: the server then waits, too. */
const MOST_WAITING_BYTES = 1_048_576;

/** @param onMessage - is shown each message as it arrives, however many wait before it; it must not keep it */
export function startCopyBoth(
  client: pg.Client,
  command: string,
  onMessage: (message: Buffer) => void = () => {},
): CopyBoth {
  const wire = client.connection as unknown as Wire;
  const waiting: Buffer[] = [];
  let waitingBytes = 0;
  let paused = false;
  let dropping = false;
  let serverDone = false;
  let failure: { readonly error: unknown } | undefined;
  const rows: Row[] = [];
  let wake = () => {};
  const end = withResolvers<readonly Row[]>();
  end.promise.catch(() => {});

  const flow = () => {
    const full = waitingBytes > MOST_WAITING_BYTES;
    if (full === paused) return;
    paused = full;
    if (paused) wire.stream.pause();
    else wire.stream.resume();
  };
  const onCopyDone = () => {
    serverDone = true;
    wake();
  };
  const close = () => {
    wire.off('copyDone', onCopyDone);
    serverDone = true;
    wake();
  };
  wire.on('copyDone', onCopyDone);
  client.query({
    submit: () => wire.query(command),
    handleCopyData({ chunk }: { readonly chunk: Buffer }) {
      onMessage(chunk);
      if (dropping) return;
      // The parser writes its next bytes over these.
      waiting.push(Buffer.from(chunk));
      waitingBytes += chunk.length;
      flow();
      wake();
    },
    handleRowDescription() {},
    handleDataRow({ fields }: { readonly fields: Row }) {
      rows.push(fields);
    },
    handleCommandComplete() {},
    handleReadyForQuery() {
      close();
      if (failure === undefined) end.resolve(rows);
    },
    handleError(error: unknown) {
      failure ??= { error };
      end.reject(error);
      close();
    },
  } as pg.Submittable);

  return {
    async next(waitMs) {
      for (;;) {
        const message = waiting.shift();
        if (message !== undefined) {
          waitingBytes -= message.length;
          flow();
          return message;
        }
        if (failure) throw failure.error;
        if (serverDone) return undefined;
        const woken = withResolvers<'woken' | 'silence'>();
        wake = () => woken.resolve('woken');
        const timer = waitMs === undefined ? undefined : setTimeout(() => woken.resolve('silence'), waitMs);
        const what = await woken.promise;
        clearTimeout(timer);
        if (what === 'silence') return what;
      }
    },
    rows: () => rows,
    send(message) {
      if (!failure) wire.sendCopyFromChunk(message);
    },
    endSending() {
      if (!failure) wire.endCopyFrom();
    },
    ended() {
      dropping = true;
      waiting.length = 0;
      waitingBytes = 0;
      flow();
      return end.promise;
    },
    destroy: (reason) => void wire.stream.destroy(reason),
  };
}

function withResolvers<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((...both) => {
    [resolve, reject] = both;
  });
  return { promise, resolve, reject };
}
