import type { StackPorts } from './local-stack.ts';

/** Invokes a function by hand through the local stack's Lambda API and waits for its answer. */
export async function invokeFunction(
  ports: Pick<StackPorts, 'LOCAL_LAMBDA_PORT'>,
  name: string,
  event: unknown,
): Promise<unknown> {
  const url = `http://127.0.0.1:${ports.LOCAL_LAMBDA_PORT}/2015-03-31/functions/${name}/invocations`;
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(event) });
  const text = await answer.text();
  return text === '' ? undefined : JSON.parse(text);
}
