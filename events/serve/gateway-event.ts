import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/**
 * A request as API Gateway hands it to a function: the parts that ours read.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function gatewayEvent({
  method = 'GET',
  url = '/',
  headers,
}: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): Pick<
  APIGatewayProxyEventV2,
  'version' | 'rawPath' | 'rawQueryString' | 'queryStringParameters' | 'headers' | 'isBase64Encoded'
> & { requestContext: { http: { method: string; path: string } } } {
  const [rawPath = '', ...query] = url.split('?');
  const rawQueryString = query.join('?');
  const parameters = new URLSearchParams(rawQueryString);
  return {
    version: '2.0',
    rawPath,
    rawQueryString,
    queryStringParameters: Object.fromEntries(
      [...new Set(parameters.keys())].map((name) => [name, parameters.getAll(name).join(',')]),
    ),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
    ),
    isBase64Encoded: false,
    requestContext: { http: { method, path: rawPath } },
  };
}
