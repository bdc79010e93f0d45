import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError, textOf } from '../../layers/backup/errors.ts';
import { partsOf, type VaultPlace } from '../object-created.ts';

/** An HTTP server that takes the bucket's notifications and hands them on. */
export interface Receiver {
  readonly port: number;
  isListening(): boolean;
  close(): void;
}

const MAX_BYTES = 1024 * 1024;

/**
 * Starts it. A notification is answered at once: what becomes of it is the invoker's business.
 *
 * @param onEvent - gets the parsed body, whatever it is; the parser behind it decides whether it is for us
 * @throws {@link ConfigError} if it cannot listen there
 */
export async function startReceiver(host: string, port: number, onEvent: (event: unknown) => void): Promise<Receiver> {
  const server = createServer(async (request, response) => {
    try {
      const body = await bodyOf(request);
      // MinIO asks with an empty HEAD or POST whether anyone is there.
      if (request.method === 'POST' && body !== '') onEvent(JSON.parse(body));
      response.writeHead(200).end();
    } catch {
      // No JSON, or a sender that broke off and will not read this.
      response.writeHead(400).end('not JSON\n');
    }
  });
  server.on('clientError', (_, socket) => socket.destroy());
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new ConfigError({
      operation: "listen for the bucket's notifications at",
      subject: `${host}:${port}`,
      problem: textOf(cause),
      hint: 'LOCAL_NOTIFY_HOST and LOCAL_NOTIFY_PORT name the address and the port',
      cause,
    });
  }
  return {
    port: (server.address() as AddressInfo).port,
    isListening: () => server.listening,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Hands the parts of a notification to those whose vaults they are about. @throws {@link EventError} if nobody's is */
export function noticeEach(
  event: unknown,
  all: readonly { readonly place: VaultPlace; readonly background: { notice(event: unknown): void } }[],
): void {
  const places = all.map(({ place, background }) => ({ ...place, background }));
  for (const [{ background }, part] of partsOf(event, places)) background.notice(part);
}

/** Cut off where no notification is that long: the rest is no JSON. */
async function bodyOf(request: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= MAX_BYTES) chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
