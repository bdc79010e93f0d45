import { ConfigError, textOf } from '../backup/errors.ts';
import type { SecretSource } from '../settings/environment.ts';
import { readSecretFile } from './secret-file.ts';

const FRESH_MS = 5 * 60_000;

/** An answer takes milliseconds, and three tries fit into every function's time, the exporter's 29 seconds too. */
const PATIENCE_MS = 3_000;

const known = new Map<string, { value: string; readAt: number }>();

/**
 * The value of a secret: as configured, or read from its file or from AWS Secrets Manager. A file is read each time; a
 * value from Secrets Manager is used for five minutes. So a rotated password reaches a function that stays warm.
 *
 * A secret in the JSON form that RDS keeps (`{"username": …, "password": …}`) gives its `password`.
 *
 * Fails within some ten seconds where Secrets Manager does not answer.
 *
 * @param now - milliseconds since the epoch
 * @throws {@link ConfigError} if it cannot be read
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
 */
export async function readSecret(source: SecretSource, now: number): Promise<string> {
  if ('value' in source) return source.value;
  if ('file' in source) return readSecretFile(source);
  const cached = known.get(source.arn);
  if (cached && now - cached.readAt < FRESH_MS) return cached.value;
  try {
    // Loaded only where a secret is used: the client is a tenth of a cold start.
    const { SecretsManagerClient, GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
    const client = new SecretsManagerClient({
      maxAttempts: 3,
      requestHandler: {
        ...{ connectionTimeout: PATIENCE_MS, requestTimeout: PATIENCE_MS, throwOnRequestTimeout: true },
      },
    });
    const answer = await client.send(new GetSecretValueCommand({ SecretId: source.arn }));
    if (answer.SecretString === undefined) throw new Error('it holds binary data, not text');
    const value = passwordOf(answer.SecretString);
    known.set(source.arn, { value, readAt: now });
    return value;
  } catch (error) {
    throw new ConfigError({
      operation: 'read secret',
      subject: source.arn,
      problem: textOf(error),
      hint: hintFor(error, source.name),
      cause: error,
    });
  }
}

/** @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/vpc-endpoint-overview.html */
function hintFor(error: unknown, name: string): string {
  const { name: kind, code, message } = error as { name?: string; code?: string; message?: string };
  if (UNREACHABLE.test(code ?? '') || UNREACHABLE.test(kind ?? '')) {
    return 'Secrets Manager cannot be reached: a function in a VPC needs an interface endpoint for it, with private DNS and a security group that admits port 443, or a NAT gateway';
  }
  if (/\bKMS\b/.test(message ?? '')) {
    return `the secret is encrypted with a key of your own: its ARN belongs into SECRETS_KMS_KEY_ARN, and the key's policy must allow its use`;
  }
  return `${name}_SECRET must name a secret that this function's role may read (secretsmanager:GetSecretValue)`;
}

const UNREACHABLE = /^(TimeoutError|ETIMEDOUT|ECONN(REFUSED|RESET)|E(HOST|NET)UNREACH|ENOTFOUND|EAI_AGAIN)$/;

function passwordOf(secret: string): string {
  if (!secret.startsWith('{')) return secret;
  try {
    const parsed: unknown = JSON.parse(secret);
    if (parsed !== null && typeof parsed === 'object' && 'password' in parsed) return String(parsed.password);
  } catch {
    // A password may well begin with a brace: then it is the text itself.
  }
  return secret;
}
