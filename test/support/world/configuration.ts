import { expect } from 'vitest';

/** A bucket server as the self-hosted setup has it. */
export const MINIO = { MINIO_ENDPOINT: 'http://minio:9000/', MINIO_ACCESS_KEY: 'key', MINIO_SECRET_KEY: 'm1nio' };

/** Of a secret. */
export const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:x';

/** What a configuration is refused with. */
export function refusal(read: () => unknown): Error {
  try {
    read();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  return expect.unreachable('it was taken');
}
