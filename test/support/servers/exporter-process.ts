import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import pino from 'pino';
import { answerRequest } from '../../../functions/exporter/exporter.ts';
import type { PitrSchedules } from '../../../functions/exporter/observe/cluster-due.ts';
import { type ObserverDeps, openObserver } from '../../../functions/exporter/observe/observer.ts';
import { readSchedule } from '../../../layers/schedule/expression.ts';
import type { SecretSource } from '../../../layers/settings/environment.ts';
import type { Vault } from '../../../layers/vault/vault.ts';

/** As by default. */
export const PITR_SCHEDULES: PitrSchedules = {
  base: readSchedule('cron(30 1 ? * SUN *)', ''),
  baseIncrement: readSchedule('cron(30 1 ? * MON-SAT *)', ''),
  recovery: readSchedule('cron(0 5 * * ? *)', ''),
};

/** A request as API Gateway sends it. */
export function get(
  headers: Record<string, string> = {},
  rawPath = '/metrics',
  method = 'GET',
): APIGatewayProxyEventV2 {
  const http = { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' };
  const requestContext = {
    accountId: '',
    apiId: '',
    domainName: '',
    domainPrefix: '',
    http,
    requestId: 'r',
    routeKey: '',
    stage: '$default',
    time: '',
    timeEpoch: 0,
  };
  return { version: '2.0', routeKey: '', rawPath, rawQueryString: '', headers, requestContext, isBase64Encoded: false };
}

/** An exporter as one process is: it remembers from one request to the next. */
export function openExporter(
  vault: Vault,
  { token, ...changes }: Partial<ObserverDeps> & { token?: SecretSource } = {},
  now: () => number = Date.now,
) {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  // Ahead of the time by as much as the test says: a look is good for a few seconds.
  let aheadMs = 0;
  const clock = () => now() + aheadMs;
  const observer = openObserver({ vault, databases: ['shop'], pitr: PITR_SCHEDULES, log, ...changes }, clock);
  const deps = { servers: [{ name: undefined, observer, vault }], token, version: '1.2.3', log };
  return {
    lines,
    pass: (ms: number) => {
      aheadMs += ms;
    },
    async get(event = get()) {
      const answer = await answerRequest(deps, event, clock);
      return { ...answer, body: answer.body ?? '' };
    },
  };
}

/** The same of several servers, with the vaults that are theirs. */
export function openExporterOf(servers: Readonly<Record<string, Vault>>) {
  const log = pino({ level: 'silent' });
  const deps = {
    servers: Object.entries(servers).map(([name, vault]) => {
      const own = { server: name, vault, databases: ['shop'], pitr: PITR_SCHEDULES, log };
      return { name, vault, observer: openObserver(own, Date.now) };
    }),
    ...{ token: undefined, version: '1.2.3', log },
  };
  return {
    async get(event = get()) {
      const answer = await answerRequest(deps, event, Date.now);
      return { ...answer, body: answer.body ?? '' };
    },
  };
}

/** What one process answers to its first request. */
export async function scrape(vault: Vault, event = get(), changes: Parameters<typeof openExporter>[1] = {}) {
  const exporter = openExporter(vault, changes);
  return { ...(await exporter.get(event)), lines: exporter.lines };
}

/** The names of the requests that a vault sends from now on. */
export function watchRequests(vault: Vault): string[] {
  const asked: string[] = [];
  vault.client.s3.middlewareStack.add(
    (next, context) => (args) => {
      asked.push(String(context.commandName).replace('Command', ''));
      return next(args);
    },
    { step: 'initialize' },
  );
  return asked;
}
