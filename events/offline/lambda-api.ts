import { request } from 'node:http';
import { runtimeExited } from '../failure-payload.mjs';
import type { Invocation, Outcome } from '../host/invoker.ts';
import { failurePayloadSchema } from '../invocation-record.ts';

/**
 * Runs functions through serverless-offline's Lambda API. Whatever goes wrong on the way counts as a failure of the
 * function.
 *
 * @param port - where the API listens, on this machine
 */
export function lambdaApi(port: number): (invocation: Invocation) => Promise<Outcome> {
  return async (invocation) => {
    try {
      const { status, body } = await post(port, invocation);
      const answer: unknown = body === '' ? null : JSON.parse(body);
      const parsed = failurePayloadSchema.safeParse(answer);
      if (parsed.success) return { failure: parsed.data };
      if (status === 200) return { answer };
      return { failure: runtimeExited(`the Lambda API answered ${status}: ${body.slice(0, 500)}`) };
    } catch (error) {
      return { failure: runtimeExited(`the invocation broke off: ${error}`) };
    }
  };
}

/** node:http, since fetch gives up after 300 s of silence, and a dump may be silent for longer. */
function post(port: number, { name, event, signal }: Invocation): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const path = `/2015-03-31/functions/${name}/invocations`;
    const headers = { 'content-type': 'application/json', 'x-amz-invocation-type': 'RequestResponse' };
    const outgoing = request(
      { host: '127.0.0.1', port, path, method: 'POST', headers, signal, agent: false },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(JSON.stringify(event));
  });
}
