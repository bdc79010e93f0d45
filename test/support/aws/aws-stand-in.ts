import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What stands in for the services of AWS that no test has: it takes requests in their form, and keeps them. */
export interface AwsStandIn {
  /** The variables by which AWS's SDK finds it. */
  readonly env: Readonly<Record<string, string>>;
  /** What Lambda was asked to invoke. */
  readonly invoked: readonly { readonly function: string; readonly event: unknown }[];
  /** What ECS was asked to run; what has the token of another is that. */
  readonly tasks: readonly RunTask[];
  /** What ECS answers from now on instead of running anything. */
  refuse(answer: { readonly status: number; readonly body: object } | undefined): void;
  end(): void;
}

export interface RunTask {
  readonly clientToken: string;
  readonly cluster: string;
  readonly taskDefinition: string;
  readonly launchType: string;
  readonly networkConfiguration: object;
  readonly overrides: { readonly containerOverrides: readonly Override[] };
}

interface Override {
  readonly name: string;
  readonly environment: readonly { readonly name: string; readonly value: string }[];
}

/** @param secret - the value of every secret */
export async function openAwsStandIn(secret: string): Promise<AwsStandIn> {
  const invoked: { function: string; event: unknown }[] = [];
  const tasks = new Map<string, RunTask>();
  let refusal: Parameters<AwsStandIn['refuse']>[0];
  const answers: Record<string, (body: unknown) => { status: number; body: object }> = {
    'secretsmanager.GetSecretValue': () => ({ status: 200, body: { SecretString: secret } }),
    'AmazonEC2ContainerServiceV20141113.RunTask': (body) => {
      if (refusal) return refusal;
      const task = body as RunTask;
      tasks.set(task.clientToken, task);
      const taskArn = `arn:aws:ecs:us-east-1:123456789012:task/${task.cluster}/${task.clientToken.slice(0, 32)}`;
      return { status: 200, body: { tasks: [{ taskArn }], failures: [] } };
    },
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString() || '{}');
    const [, name] = /\/functions\/([^/]+)\/invocations$/.exec(request.url ?? '') ?? [];
    if (name !== undefined) {
      invoked.push({ function: name, event: body });
      response.writeHead(202).end();
      return;
    }
    const answer = answers[String(request.headers['x-amz-target'])]?.(body) ?? { status: 404, body: {} };
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(answer.body));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    env: {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: url,
      AWS_ENDPOINT_URL_LAMBDA: url,
      AWS_ENDPOINT_URL_ECS: url,
    },
    invoked,
    get tasks() {
      return [...tasks.values()];
    },
    refuse(answer) {
      refusal = answer;
    },
    end() {
      server.closeAllConnections();
      server.close();
    },
  };
}
