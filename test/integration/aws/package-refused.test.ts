import { afterAll, beforeAll, expect, test } from 'vitest';
import { REQUIRED, SECRETS } from '../../support/aws/deployment-parameters.ts';
import { copyService, type PackagedService, type PackageRun } from '../../support/aws/packaged-service.ts';

let service: PackagedService;

beforeAll(async () => {
  service = await copyService(['arm64']);
});

afterAll(() => service?.remove());

test('packaging refuses bad parameters, all in one sentence and without their values', async () => {
  const refused = await service.run({
    ...SECRETS,
    POSTGRES_DBS: '["shop","shop"]',
    POSTGRES_PASSWORD_SECRET: SECRETS.POSTGRES_PASSWORD,
    DUMP_MEMORY_MB: 'lots',
    DUMP_SUBNET_IDS: 'subnet-0a1b2c',
    PGSSLMODE: 'verify-ca',
    BACKUP_STATUS_URL: 'ftp://status',
  });
  expect(refused.exitCode).not.toBe(0);
  expect(message(refused)).toBe(
    'Cannot package pgvouch: POSTGRES_HOST is not set (the server to back up); ' +
      'POSTGRES_USER is not set (the role to log in as); ' +
      'METRICS_TOKEN_SECRET is not set (the ARN of the secret that holds the token for /metrics: the endpoint is public); ' +
      'POSTGRES_PASSWORD_SECRET must be the full ARN of a Secrets Manager secret, with the six characters at its end; ' +
      'BACKUP_STATUS_URL must be an http:// or https:// URL without $ and #; ' +
      'DUMP_MEMORY_MB must be a whole number from 128 to 10240; ' +
      'DUMP_SUBNET_IDS is set alone: a VPC needs both subnets and security groups; ' +
      'POSTGRES_DBS names a database twice; ' +
      'PGSSLMODE=verify-ca needs PGSSLROOTCERT: a PEM file, or "system". See docs/aws.md.',
  );
  expect(refused.output).not.toContain('must-not-leak');
  expect(refused.output).not.toMatch(/\n\s+at /);
});

test('packaging refuses when the layers of the architecture are missing', async () => {
  const refused = await service.run({ ...REQUIRED, LAMBDA_ARCHITECTURE: 'x86_64' });
  expect(refused.exitCode).not.toBe(0);
  expect(message(refused)).toBe(
    'Cannot package pgvouch: .pgvouch/layers/pg-client-15-amd64, .pgvouch/layers/pg-client-17-amd64, ' +
      '.pgvouch/layers/pg-client-18-amd64, .pgvouch/layers/scratch-postgres-18-amd64 missing: ' +
      'run "SCRATCH_MAJOR=18 SCRATCH_LOCALES=en_US.UTF-8 npm run layers" first.',
  );
});

function message(refused: PackageRun): string | undefined {
  return refused.output.split('\n').find((line) => line.startsWith('Cannot package'));
}
