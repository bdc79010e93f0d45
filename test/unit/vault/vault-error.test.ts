import { expect, test } from 'vitest';
import { DumpError } from '../../../layers/backup/errors.ts';
import { isMissing, isPreconditionFailed, vaultError } from '../../../layers/vault/vault-error.ts';

/** An error as the SDK throws it. */
function sdkError(name: string, httpStatusCode?: number): Error {
  return Object.assign(new Error('UnknownError'), { name, $metadata: { httpStatusCode } });
}

test.each([
  ['AccessDenied', 403, 'bucket policy'],
  ['InvalidAccessKeyId', 403, 'MINIO_ACCESS_KEY'],
  ['SignatureDoesNotMatch', 403, 'MINIO_SECRET_KEY'],
  ['RequestTimeTooSkewed', 403, 'NTP'],
  ['NoSuchBucket', 404, 'BACKUP_BUCKET'],
  ['Forbidden', 403, 'bucket policy'],
])('the store said %s: the hint names what to check', (name, status, hint) => {
  const error = vaultError('write', 'pgvouch/a', sdkError(name, status));
  expect(error).toMatchObject({ name: 'VaultError', problem: `${name}, HTTP ${status}` });
  expect(error.hint).toContain(hint);
});

test('errors of ours pass, and answers are told apart by their status', () => {
  const ours = new DumpError({ operation: 'dump', problem: 'x' });
  expect(vaultError('write', 'a', ours)).toBe(ours);
  expect(isPreconditionFailed(sdkError('PreconditionFailed', 412))).toBe(true);
  expect(isMissing(sdkError('NoSuchKey', 404))).toBe(true);
  expect(isMissing(sdkError('NoSuchUpload', 404))).toBe(false);
  expect(isMissing(new Error('offline'))).toBe(false);
});
