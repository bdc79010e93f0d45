import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import pino from 'pino';
import { onTestFinished } from 'vitest';
import { answerRequest } from '../../../functions/exporter/exporter.ts';
import { type ObserverDeps, openObserver } from '../../../functions/exporter/observe/observer.ts';
import { readSchedule } from '../../../layers/schedule/expression.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { PITR_SCHEDULES } from './exporter-process.ts';

/**
 * The exporter behind HTTP, as API Gateway has it, without the rest of the stack. It ends with the test.
 *
 * @param port - a free one by default
 * @param more - what else the observer is told of
 * @returns where it listens: `127.0.0.1:3000`
 */
export async function exporterServer(
  vault: Vault,
  databases: readonly string[],
  port = 0,
  more: Partial<ObserverDeps> = {},
): Promise<string> {
  const log = pino({ level: 'silent' });
  const scheduleOf = () => readSchedule('cron(0 2 * * ? *)', 'DUMP_SCHEDULE');
  const observer = openObserver({ vault, log, databases, scheduleOf, pitr: PITR_SCHEDULES, ...more }, Date.now);
  const deps = { servers: [{ name: undefined, observer, vault }], token: undefined, version: '1.2.3', log };
  const server = createServer(async (request, response) => {
    const event = {
      rawPath: request.url,
      headers: request.headers,
      requestContext: { http: { method: request.method } },
    } as unknown as APIGatewayProxyEventV2;
    const { statusCode, headers, body } = await answerRequest(deps, event, Date.now);
    response.writeHead(statusCode ?? 500, headers as Record<string, string>).end(body);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
