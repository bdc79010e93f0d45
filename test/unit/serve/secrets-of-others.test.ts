import { expect, test } from 'vitest';
import { withoutSecretsOfOthers } from '../../../events/serve/functions.ts';

const ENVIRONMENT = {
  BACKUP_AGE_RECIPIENTS: 'age1…',
  BACKUP_AGE_IDENTITY_FILE: '/run/secrets/identity',
  POSTGRES_PASSWORD_FILE: '/run/secrets/password',
  MINIO_SECRET_KEY: 'key',
  BACKUP_WEBHOOK_URL: 'https://hooks.example/secret',
  PATH: '/usr/bin',
};

const namesOf = (name: 'dump' | 'verify' | 'notify') => Object.keys(withoutSecretsOfOthers(ENVIRONMENT, name));

test('a function of the service gets its own secrets and no other: dump cannot open what it wrote', () => {
  expect(namesOf('dump')).toEqual(['BACKUP_AGE_RECIPIENTS', 'POSTGRES_PASSWORD_FILE', 'MINIO_SECRET_KEY', 'PATH']);
  expect(namesOf('verify')).toEqual(['BACKUP_AGE_RECIPIENTS', 'BACKUP_AGE_IDENTITY_FILE', 'MINIO_SECRET_KEY', 'PATH']);
  expect(namesOf('notify')).toEqual(['BACKUP_AGE_RECIPIENTS', 'MINIO_SECRET_KEY', 'BACKUP_WEBHOOK_URL', 'PATH']);
});
