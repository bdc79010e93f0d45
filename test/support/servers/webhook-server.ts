import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { onTestFinished } from 'vitest';

export interface WebhookServer {
  readonly url: string;
  readonly posts: WebhookPost[];
}

/** A status, nothing at all, or a whole answer. */
export type WebhookAnswer =
  | number
  | 'hang'
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };

const PLAIN = { headers: { location: 'http://127.0.0.1:1/' }, body: 'ok' };

export interface WebhookPost {
  /** Path and query. */
  readonly path: string;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

/**
 * A real webhook that gives one answer after the other, and the last one ever after; `hang` never answers.
 * It ends with the test.
 */
export async function webhookServer(...answers: WebhookAnswer[]): Promise<WebhookServer> {
  const { end, ...server } = await openWebhookServer(...answers);
  onTestFinished(end);
  return server;
}

/** The same, for all tests of a file: whoever opens it ends it. */
export async function openWebhookServer(...answers: WebhookAnswer[]): Promise<WebhookServer & { end(): void }> {
  const posts: WebhookServer['posts'] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    posts.push({ path: request.url ?? '', body: Buffer.concat(chunks).toString(), headers: request.headers });
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer === 'hang' || answer === undefined) return;
    const { status, headers, body } =
      typeof answer === 'number' ? { ...PLAIN, status: answer } : { ...PLAIN, ...answer };
    response.writeHead(status, headers).end(body);
  });
  const port = await listen(server);
  const end = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}/services/T0k3n`, posts, end };
}

/** A port where connections are taken and nothing is ever said; `end` refuses them from then on. */
export async function silentServer(): Promise<{ readonly endpoint: string; end(): void }> {
  const sockets = new Set<{ destroy(): void }>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  const endpoint = `http://127.0.0.1:${await listen(server)}`;
  const end = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(end);
  return { endpoint, end };
}

/** A port where nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createTcpServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
