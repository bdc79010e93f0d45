import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Logger } from 'pino';
import type { SecretSource } from '../../layers/settings/environment.ts';
import { answerApi, isOfApi, Refusal } from './api/answer-api.ts';
import { CHALLENGES, isAllowed } from './authorization.ts';
import { acceptedFormat } from './metrics/accepted-format.ts';
import { formatMetrics } from './metrics/format-metrics.ts';
import type { ShownServer } from './observe/shown-server.ts';
import { answerStatus } from './status/answer-status.ts';

export interface ExporterDeps {
  /** At least one. */
  readonly servers: readonly ShownServer[];
  readonly token: SecretSource | undefined;
  readonly version: string;
  readonly log: Logger;
}

/** API Gateway gives up at 30 s; a scraper that says when it does leaves us the time to answer. */
const LONGEST_SCRAPE_S = 25;
const TIME_TO_ANSWER_S = 0.5;

type Answer = APIGatewayProxyStructuredResultV2;
type Route = (deps: ExporterDeps, event: APIGatewayProxyEventV2, signal: AbortSignal, now: Date) => Promise<Answer>;

/** Who has the token may look at these. */
const ROUTES: ReadonlyMap<string, Route> = new Map([
  ['/metrics', answerMetrics],
  ['/', answerPage],
]);

function routeOf(path: string): Route | undefined {
  return isOfApi(path) ? answerProgram : ROUTES.get(path);
}

/**
 * `GET /metrics` → the state of the vault for Prometheus. A vault that is down or slow still gives an answer:
 * `pgvouch_vault_up 0` and what is known. `GET /` → the same as a page for people, `GET /api/v1/…` → for programs.
 * `GET /healthz` → that this runs, to anybody, without asking the vault. `HEAD` gets the same without a body.
 *
 * @param clock - milliseconds since the epoch
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export async function answerRequest(
  deps: ExporterDeps,
  event: APIGatewayProxyEventV2,
  clock: () => number,
): Promise<Answer> {
  const { method } = event.requestContext.http;
  const answer = await answerGet(deps, event, clock);
  return method === 'HEAD' ? { ...answer, body: '' } : answer;
}

async function answerGet(deps: ExporterDeps, event: APIGatewayProxyEventV2, clock: () => number): Promise<Answer> {
  const route = routeOf(event.rawPath);
  const refuse = isOfApi(event.rawPath) ? refusal : plain;
  const isRead = ['GET', 'HEAD'].includes(event.requestContext.http.method);
  if (isRead && event.rawPath === '/healthz') return plain(200, 'ok');
  if (!isRead || route === undefined) return refuse(404, 'not found');
  try {
    if (!(await isAllowed(deps.token, event.headers.authorization, clock()))) {
      return refuse(401, 'send the token as a bearer token or as a password', { 'www-authenticate': CHALLENGES });
    }
    return await route(deps, event, AbortSignal.timeout(timeLeftMs(event)), new Date(clock()));
  } catch (error) {
    if (error instanceof Refusal) return refuse(error.statusCode, error.message);
    // Why is for the log: the endpoint is public.
    deps.log.error({ err: error }, 'request failed');
    return refuse(500, 'no answer is possible; the log says why');
  }
}

async function answerMetrics(deps: ExporterDeps, event: APIGatewayProxyEventV2, signal: AbortSignal): Promise<Answer> {
  const observations = await Promise.all(deps.servers.map(({ observer }) => observer.observe(signal)));
  const { body, contentType } = await formatMetrics(observations, deps, acceptedFormat(event.headers.accept));
  return { statusCode: 200, headers: { 'content-type': contentType, 'cache-control': 'no-store' }, body };
}

async function answerPage(
  { servers, version }: ExporterDeps,
  { queryStringParameters }: APIGatewayProxyEventV2,
  signal: AbortSignal,
  now: Date,
): Promise<Answer> {
  const { statusCode, headers, body } = await answerStatus(
    servers,
    { server: queryStringParameters?.server, database: queryStringParameters?.database, version },
    now,
    signal,
  );
  return { statusCode, headers: { ...headers }, body };
}

async function answerProgram(
  deps: ExporterDeps,
  { rawPath, queryStringParameters }: APIGatewayProxyEventV2,
  signal: AbortSignal,
  now: Date,
): Promise<Answer> {
  return json(200, await answerApi(deps, rawPath, { query: queryStringParameters ?? {}, now, signal }));
}

/** @see https://github.com/prometheus/prometheus/blob/main/scrape/scrape.go, the header's source */
function timeLeftMs(event: APIGatewayProxyEventV2): number {
  const told = Number(event.headers['x-prometheus-scrape-timeout-seconds'] ?? LONGEST_SCRAPE_S);
  const seconds = Number.isFinite(told) ? told - TIME_TO_ANSWER_S : LONGEST_SCRAPE_S;
  return 1000 * Math.min(Math.max(seconds, 1), LONGEST_SCRAPE_S);
}

function plain(statusCode: number, text: string, headers: Record<string, string> = {}): Answer {
  const always = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };
  return { statusCode, headers: { ...always, ...headers }, body: `${text}\n` };
}

function json(statusCode: number, body: unknown, headers: Record<string, string> = {}): Answer {
  const always = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  return { statusCode, headers: { ...always, ...headers }, body: `${JSON.stringify(body)}\n` };
}

function refusal(statusCode: number, error: string, headers: Record<string, string> = {}): Answer {
  return json(statusCode, { error }, headers);
}
