import { ConfigError, textOf } from '../backup/errors.ts';
import type { SecretSource } from '../settings/environment.ts';

const FRESH_MS = 5 * 60_000;
const known = new Map<string, { value: string; readAt: number }>();

/**
 * The value of a secret: as configured, or read from AWS Secrets Manager. A value read is used for five minutes, so
 * that a rotated password reaches a warm function.
 *
 * A secret in the JSON form that RDS keeps (`{"username": …, "password": …}`) gives its `password`.
 *
 * @param now - milliseconds since the epoch
 * @throws {@link ConfigError} if it cannot be read
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
 */
export async function readSecret(source: SecretSource, now: number): Promise<string> {
  if ('value' in source) return source.value;
  const cached = known.get(source.arn);
  if (cached && now - cached.readAt < FRESH_MS) return cached.value;
  try {
    // Loaded only where a secret is used: the client is a tenth of a cold start.
    const { SecretsManagerClient, GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
    const answer = await new SecretsManagerClient({}).send(new GetSecretValueCommand({ SecretId: source.arn }));
    if (answer.SecretString === undefined) throw new Error('it holds binary data, not text');
    const value = passwordOf(answer.SecretString);
    known.set(source.arn, { value, readAt: now });
    return value;
  } catch (error) {
    throw new ConfigError({
      operation: 'read secret',
      subject: source.arn,
      problem: textOf(error),
      hint: `${source.name}_SECRET must name a secret that this function's role may read (secretsmanager:GetSecretValue)`,
      cause: error,
    });
  }
}

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
