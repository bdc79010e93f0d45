import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { readSecret } from '../../../layers/secrets/read-secret.ts';
import { closedPort, silentServer } from '../../support/servers/webhook-server.ts';

let asked = 0;

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'none');
  onTestFinished(() => void vi.unstubAllEnvs());
});

/** Another secret each time: one that was read is known for minutes. */
function read(endpoint: string): Promise<unknown> {
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', endpoint);
  const arn = `arn:aws:secretsmanager:eu-central-1:123456789012:secret:s${++asked}-AbCdEf`;
  return readSecret({ name: 'POSTGRES_PASSWORD', arn }, Date.now()).catch((error: unknown) => error);
}

/** Answers as the service does: JSON, and an error by its name. */
async function secretsManager(statusCode: number, answer: object): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(statusCode, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a Secrets Manager that cannot be reached fails soon, and the hint names the way to it', async () => {
  const unreachable = {
    name: 'ConfigError',
    hint: expect.stringMatching(/a VPC needs an interface endpoint .* or a NAT gateway/),
  };
  expect(await read(`http://127.0.0.1:${await closedPort()}`)).toMatchObject(unreachable);

  const startedAt = performance.now();
  expect(await read((await silentServer()).endpoint)).toMatchObject(unreachable);
  expect(performance.now() - startedAt).toBeLessThan(20_000); // it was 406 s
});

test('a secret that may not be read, or its key not used, is no matter of the network', async () => {
  const denied = await secretsManager(400, { __type: 'AccessDeniedException', message: 'not authorized' });
  expect(await read(denied)).toMatchObject({
    hint: expect.stringMatching(/^POSTGRES_PASSWORD_SECRET must name a secret/),
  });
  const noKey = await secretsManager(400, { __type: 'AccessDeniedException', message: 'Access to KMS is not allowed' });
  expect(await read(noKey)).toMatchObject({ hint: expect.stringMatching(/SECRETS_KMS_KEY_ARN/) });
});

test('the secret that RDS manages gives its password', async () => {
  const rds = { SecretString: JSON.stringify({ username: 'postgres', password: 'pw:{"quoted"}' }) };
  expect(await read(await secretsManager(200, rds))).toBe('pw:{"quoted"}');
});

test('a file is read each time, without the line break at its end', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-secret-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const source = { name: 'POSTGRES_PASSWORD', file: path.join(folder, 'password') };
  writeFileSync(source.file, ' first\n');
  expect(await readSecret(source, 0)).toBe(' first');
  writeFileSync(source.file, 'second\n\r\n');
  expect(await readSecret(source, 0)).toBe('second\n');

  writeFileSync(source.file, '\0hunter2');
  const malformed: unknown = await readSecret(source, 0).catch((error: unknown) => error);
  expect(malformed).toMatchObject({
    ...{ name: 'ConfigError', subject: source.file, problem: 'it has a NUL character' },
    hint: 'the file in POSTGRES_PASSWORD_FILE must hold the secret and nothing else',
  });
  expect(`${malformed} ${JSON.stringify(malformed)}`).not.toContain('hunter2');

  rmSync(source.file);
  await expect(readSecret(source, 0)).rejects.toMatchObject({
    ...{ name: 'ConfigError', subject: source.file, problem: expect.stringContaining('ENOENT') },
    hint: "POSTGRES_PASSWORD_FILE must name a file that pgvouch's user may read",
  });
});
