/** Two tries and their waits fit into the time that a stopped task has left. */
const PATIENCE_MS = 8_000;

/**
 * Hands an event to a function, which runs later: Lambda tries it again, and tells its destinations how it ended.
 *
 * @param functionName - its name, or its ARN
 * @throws if Lambda does not take it
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export async function invokeFunction(functionName: string, event: object): Promise<void> {
  const { InvokeCommand, LambdaClient } = await import('@aws-sdk/client-lambda');
  const client = new LambdaClient({
    maxAttempts: 3,
    requestHandler: {
      ...{ connectionTimeout: PATIENCE_MS, requestTimeout: PATIENCE_MS, throwOnRequestTimeout: true },
    },
  });
  const Payload = new TextEncoder().encode(JSON.stringify(event));
  await client.send(new InvokeCommand({ FunctionName: functionName, InvocationType: 'Event', Payload }));
}
