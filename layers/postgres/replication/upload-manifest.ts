import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type pg from 'pg';
import { replicationError } from './replication-error.ts';

/** What node-postgres has of a connection beyond its types; see copy-both.ts. */
interface Wire {
  readonly stream: Writable;
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/**
 * Shows the server a `backup_manifest`. The next BASE_BACKUP of the same connection may be an increment of the base backup
 * that it belongs to.
 *
 * @throws {@link DumpError} if it is no manifest, or of another cluster; what the bytes throw, and the connection is of no
 * more use then
 * @see https://www.postgresql.org/docs/current/protocol-replication.html#PROTOCOL-REPLICATION-UPLOAD-MANIFEST
 */
export async function uploadManifest(
  client: pg.Client,
  manifest: AsyncIterable<Buffer>,
  signal: AbortSignal,
  subject: string,
): Promise<void> {
  signal.throwIfAborted();
  const wire = client.connection as unknown as Wire;
  const abort = () => void wire.stream.destroy(new Error('broken off'));
  signal.addEventListener('abort', abort, { once: true });
  let bytesError: unknown;
  let isRefused = false;
  try {
    await new Promise<void>((resolve, reject) => {
      client.query({
        submit: () => wire.query('UPLOAD_MANIFEST'),
        handleCopyInResponse() {
          send(wire, manifest, () => isRefused).catch((error) => {
            bytesError = error;
            abort();
          });
        },
        handleCommandComplete() {},
        handleReadyForQuery: () => resolve(),
        handleError(error: unknown) {
          isRefused = true;
          reject(error);
        },
      } as unknown as pg.Submittable);
    });
  } catch (error) {
    signal.throwIfAborted();
    throw bytesError ?? replicationError('show a manifest to', subject, error);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function send(wire: Wire, manifest: AsyncIterable<Buffer>, isRefused: () => boolean): Promise<void> {
  for await (const chunk of manifest) {
    if (isRefused()) return;
    wire.sendCopyFromChunk(chunk);
    if (wire.stream.writableNeedDrain) await once(wire.stream, 'drain');
  }
  wire.endCopyFrom();
}
