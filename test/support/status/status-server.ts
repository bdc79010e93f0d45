import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { get } from '../servers/exporter-process.ts';

export interface HttpFront {
  readonly url: string;
  end(): Promise<void>;
}

type Answer = (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;

/** What API Gateway is to a handler: HTTP in front of it, on a free port of this machine. */
export async function startHttpFront(answer: Answer): Promise<HttpFront> {
  const server = createServer((request, response) => {
    answer(eventOf(request)).then(
      (result) => send(response, result),
      (error) => send(response, { statusCode: 502, body: String(error) }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    end: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function eventOf({ url = '/', method, headers }: IncomingMessage): APIGatewayProxyEventV2 {
  const { pathname, searchParams, search } = new URL(url, 'http://localhost');
  const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  return {
    ...get(given, pathname, method),
    rawQueryString: search.slice(1),
    ...(search !== '' && { queryStringParameters: Object.fromEntries(searchParams) }),
  };
}

function send(response: ServerResponse, { statusCode, headers, body }: APIGatewayProxyStructuredResultV2): void {
  const sent = Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]);
  response.writeHead(statusCode ?? 200, Object.fromEntries(sent)).end(body);
}
