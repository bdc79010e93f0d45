import { createHash, timingSafeEqual } from 'node:crypto';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Logger } from 'pino';
import type { SecretSource } from '../../layers/backup/environment.ts';
import { readSecret } from '../../layers/secrets/read-secret.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import { observe } from './look.ts';
import { formatMetrics } from './metrics.ts';

export interface ExporterDeps {
  readonly vault: Vault;
  readonly databases: readonly string[];
  readonly token: SecretSource | undefined;
  readonly version: string;
  readonly log: Logger;
}

/** API Gateway gives up at 30 s; a scraper that says when it does leaves us the time to answer. */
const LONGEST_SCRAPE_S = 25;
const TIME_TO_ANSWER_S = 0.5;

/**
 * `GET /metrics` → the state of the vault for Prometheus, read from the bucket at this moment. A vault that is down or
 * slow still gives an answer: `pgvouch_vault_up 0` and what can be told.
 *
 * @param clock - milliseconds since the epoch
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export async function exportMetrics(
  deps: ExporterDeps,
  event: APIGatewayProxyEventV2,
  clock: () => number,
): Promise<APIGatewayProxyStructuredResultV2> {
  if (event.requestContext.http.method !== 'GET' || event.rawPath !== '/metrics') return plain(404, 'not found');
  try {
    if (!(await isAllowed(deps.token, event.headers.authorization, clock()))) {
      return plain(401, 'a bearer token is needed', { 'www-authenticate': 'Bearer realm="pgvouch"' });
    }
    const observation = await observe(deps, AbortSignal.timeout(timeLeftMs(event)), clock);
    const { body, contentType } = await formatMetrics(observation, deps);
    return { statusCode: 200, headers: { 'content-type': contentType, 'cache-control': 'no-store' }, body };
  } catch (error) {
    // Why is for the log: the endpoint is public.
    deps.log.error({ err: error }, 'scrape failed');
    return plain(500, 'the metrics cannot be told; the log says why');
  }
}

async function isAllowed(token: SecretSource | undefined, header: string | undefined, now: number): Promise<boolean> {
  if (token === undefined) return true;
  const expected = (await readSecret(token, now)).trim();
  const given = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1];
  // Hashes are of one length, and comparing them tells nothing of the token.
  return given !== undefined && expected !== '' && timingSafeEqual(hash(given), hash(expected));
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** @see https://github.com/prometheus/prometheus/blob/main/scrape/scrape.go, the header's source */
function timeLeftMs(event: APIGatewayProxyEventV2): number {
  const told = Number(event.headers['x-prometheus-scrape-timeout-seconds'] ?? LONGEST_SCRAPE_S);
  const seconds = Number.isFinite(told) ? told - TIME_TO_ANSWER_S : LONGEST_SCRAPE_S;
  return 1000 * Math.min(Math.max(seconds, 1), LONGEST_SCRAPE_S);
}

function plain(statusCode: number, text: string, headers: Record<string, string> = {}) {
  return { statusCode, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body: `${text}\n` };
}
