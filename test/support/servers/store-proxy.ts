import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { Transform } from 'node:stream';
import type { VaultConfig } from '../../../layers/vault/config.ts';
import { type StoreKeys, signAgain } from './sign-again.ts';

/**
 * What becomes of one request. `cut`: it never arrives. `lose answer`: it is carried out, and nobody learns of it.
 * `garble`, `garble answer`: one byte of the body changes on the way. With a status it is answered without being asked.
 * `rewrite` makes another answer of the store's; with `without`, the store does not see that header, with `hide` the sender
 * does not see that one of the answer.
 */
export type Fate =
  | 'pass'
  | 'cut'
  | 'lose answer'
  | 'cut halfway'
  | 'garble'
  | 'garble answer'
  | { readonly status: number; readonly code: string }
  | { readonly rewrite: (answer: string) => string }
  | { readonly hide: string }
  | { readonly without: string; readonly keys: StoreKeys };

export interface StoreRequest {
  readonly method: string;
  /** Decoded, without the bucket. */
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

export interface StoreProxy {
  readonly endpoint: string;
  /** Every request so far. */
  readonly requests: StoreRequest[];
  /** Decides the fate of each request; may wait. */
  rule: (request: StoreRequest) => Fate | Promise<Fate>;
  end(): Promise<void>;
}

/** A proxy before a bucket server that breaks connections as it is told. */
export async function startStoreProxy(target: string, scheme: 'http' | 'https' = 'http'): Promise<StoreProxy> {
  const { hostname, port } = new URL(target);
  const requests: StoreRequest[] = [];
  const take = async (incoming: IncomingMessage, answer: ServerResponse) => {
    const asked = storeRequest(incoming);
    requests.push(asked);
    const fate = await proxy.rule(asked);
    if (fate === 'cut') {
      incoming.socket.destroy();
      return;
    }
    if (typeof fate === 'object' && 'status' in fate) {
      incoming.resume().on('end', () => refuse(answer, fate));
      return;
    }
    const { expect: _, ...sent } = incoming.headers;
    const { method, url: path } = incoming;
    const headers = typeof fate === 'object' && 'without' in fate ? without(fate, incoming, sent) : sent;
    const forward = request({ hostname, port, method, path, headers }, (reply) => pass(reply, answer, fate));
    forward.on('error', () => incoming.socket.destroy());
    // A sender that is gone will not end its request: what is behind us must learn of it.
    incoming.on('close', () => incoming.complete || forward.destroy());
    (fate === 'garble' ? incoming.pipe(garbler()) : incoming).pipe(forward);
  };
  const server = scheme === 'http' ? createServer(take) : createTlsServer(certificate(), take);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: StoreProxy = {
    endpoint: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    rule: () => 'pass',
    async end() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

/** The same store, reached through the proxy. */
export function through(proxy: StoreProxy, config: VaultConfig): Pick<VaultConfig, 'bucket' | 'server'> {
  if (config.server === undefined) throw new Error('only a server of our own can have a proxy before it');
  return { bucket: config.bucket, server: { ...config.server, endpoint: proxy.endpoint } };
}

function certificate() {
  const [cert, key] = ['pem', 'key'].map((end) => readFileSync(path.join(TLS, `server.${end}`)));
  return { cert, key };
}

const TLS = path.resolve(import.meta.dirname, '../../fixtures/tls');

function refuse(answer: ServerResponse, { status, code }: { readonly status: number; readonly code: string }): void {
  answer.writeHead(status, { 'content-type': 'application/xml' });
  answer.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>as told</Message></Error>`);
}

function without(
  fate: { readonly without: string; readonly keys: StoreKeys },
  { method = '', url = '' }: IncomingMessage,
  sent: IncomingHttpHeaders,
): IncomingHttpHeaders {
  const { [fate.without]: _, ...headers } = sent;
  return signAgain(method, url, headers, fate.keys);
}

/** Changes one byte in the middle of the first chunk: headers and lengths stay right. */
function garbler(): Transform {
  let done = false;
  return new Transform({
    transform(chunk: Buffer, _, next) {
      const garbled = Buffer.from(chunk);
      const at = garbled.length >> 1;
      if (!done) garbled[at] = (garbled[at] ?? 0) ^ 1;
      done = true;
      next(null, garbled);
    },
  });
}

function pass(reply: IncomingMessage, answer: ServerResponse, fate: Fate): void {
  reply.on('error', () => answer.destroy());
  if (fate === 'lose answer') {
    reply.resume().on('end', () => answer.destroy());
    return;
  }
  if (typeof fate === 'object' && 'rewrite' in fate) {
    const chunks: Buffer[] = [];
    reply.on('data', (chunk: Buffer) => chunks.push(chunk));
    reply.on('end', () => {
      const { 'content-length': _, 'transfer-encoding': __, ...headers } = reply.headers;
      answer.writeHead(reply.statusCode ?? 502, headers);
      answer.end(fate.rewrite(Buffer.concat(chunks).toString('utf8')));
    });
    return;
  }
  if (typeof fate === 'object' && 'hide' in fate) delete reply.headers[fate.hide];
  answer.writeHead(reply.statusCode ?? 502, reply.headers);
  if (fate !== 'cut halfway') {
    (fate === 'garble answer' ? reply.pipe(garbler()) : reply).pipe(answer);
    return;
  }
  const halfBytes = Number(reply.headers['content-length']) / 2;
  let passedBytes = 0;
  reply.on('data', (chunk: Buffer) => {
    if (passedBytes < halfBytes) answer.write(chunk.subarray(0, halfBytes - passedBytes));
    passedBytes += chunk.length;
    if (passedBytes >= halfBytes) answer.socket?.end();
  });
}

function storeRequest({ method = '', url = '', headers }: IncomingMessage): StoreRequest {
  const { pathname, searchParams } = new URL(url, 'http://store');
  const key = decodeURIComponent(pathname).split('/').slice(2).join('/');
  return { method, key, query: searchParams, headers };
}
