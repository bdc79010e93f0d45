import type pg from 'pg';
import { copySourceOf } from './copy-source.ts';

/**
 * What node-postgres has of a connection beyond its types. It knows no streaming of replication; its version is pinned, and
 * test/integration/postgres/replication.test.ts tries all of this.
 */
interface Wire {
  readonly stream: { readonly destroyed: boolean; destroy(error?: Error): unknown };
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
   * The server's next message; undefined after its last, `silence` if there is none for so long. Its memory is used again for
   * the one after it. The server waits while nobody asks.
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

/** Begins a COPY on a connection of {@link openWalsender}'s. */
export function startCopyBoth(client: pg.Client, command: string): CopyBoth {
  const wire = client.connection as unknown as Wire;
  const source = copySourceOf(client);
  let serverDone = false;
  let failure: { readonly error: unknown } | undefined;
  const rows: Row[] = [];
  let wake = () => {};
  const end = withResolvers<readonly Row[]>();
  end.promise.catch(() => {});

  const onCopyDone = () => {
    serverDone = true;
    wake();
  };
  const close = () => {
    wire.off('copyDone', onCopyDone);
    // What came before the connection broke is still to be had.
    if (!wire.stream.destroyed) source.close();
    serverDone = true;
    wake();
  };
  wire.on('copyDone', onCopyDone);
  source.open(() => wake());
  client.query({
    submit: () => wire.query(command),
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
        const message = source.take();
        if (message !== undefined) return message;
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
      source.close();
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
