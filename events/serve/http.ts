import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { ConfigError, textOf } from '../../layers/backup/errors.ts';
import type { FailurePayload } from '../failure-payload.mjs';
import type { Outcome } from '../host/invoker.ts';
import { gatewayEvent } from './gateway-event.ts';

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  /** Whether this process is well, for `/healthz`. */
  readonly health: () => Report;
  /** Whether it can do its work, for `/readyz`. */
  readonly readiness: () => Promise<Report>;
  /** Answers all else. */
  readonly exporter: (event: unknown) => Promise<Outcome>;
  /** Gets why a request was not answered. */
  readonly onFailure: (failure: FailurePayload) => void;
}

/** What a probe gets as JSON: no reasons, since anybody may ask. */
export interface Report {
  readonly ok: boolean;
  readonly [part: string]: unknown;
}

/** One report of all servers: well if each is. One of a server without a name stands for itself. */
export function reportOfAll(reports: readonly (readonly [name: string | undefined, report: Report])[]): Report {
  const [[name, only] = []] = reports;
  if (only && name === undefined) return only;
  return { ok: reports.every(([, { ok }]) => ok), servers: Object.fromEntries(reports) };
}

type Answer = APIGatewayProxyStructuredResultV2;

/**
 * Serves the probes, and the exporter's pages by its process.
 *
 * @throws {@link ConfigError} if it cannot listen there
 */
export async function startHttp(options: HttpOptions): Promise<{ readonly port: number; close(): void }> {
  const server = createServer((request, response) => {
    request.resume();
    void answerOf(request, options).then((answer) => send(response, answer));
  });
  server.listen(options.port, options.host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new ConfigError({
      operation: 'listen for requests at',
      subject: `${options.host}:${options.port}`,
      problem: textOf(cause),
      hint: 'METRICS_HOST and METRICS_PORT name the address and the port',
      cause,
    });
  }
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function answerOf(request: IncomingMessage, options: HttpOptions): Promise<Answer> {
  const event = gatewayEvent(request);
  const isRead = ['GET', 'HEAD'].includes(event.requestContext.http.method);
  if (isRead && event.rawPath === '/healthz') return reportOf(options.health());
  if (isRead && event.rawPath === '/readyz') return reportOf(await options.readiness());
  const outcome = await options.exporter(event);
  if (outcome.failure === undefined) return outcome.answer as Answer;
  options.onFailure(outcome.failure);
  return plain(503, 'no answer is possible; the log says why\n', 'text/plain; charset=utf-8');
}

function reportOf(report: Report): Answer {
  return plain(report.ok ? 200 : 503, `${JSON.stringify(report)}\n`, 'application/json');
}

function plain(statusCode: number, body: string, contentType: string): Answer {
  return { statusCode, headers: { 'content-type': contentType, 'cache-control': 'no-store' }, body };
}

function send(response: ServerResponse, { statusCode = 200, headers = {}, body = '' }: Answer): void {
  response.writeHead(statusCode, headers as Record<string, string>).end(body);
}
