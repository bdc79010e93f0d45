import { expect, test } from 'vitest';
import { DumpError } from '../../../layers/backup/errors.ts';
import { isMissing, isPassing, isPreconditionFailed, vaultError } from '../../../layers/vault/vault-error.ts';

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

test.each<[string, number | undefined, boolean]>([
  ['SlowDown', 503, true],
  ['InternalError', 500, true],
  ['InternalError', 200, true],
  ['OperationAborted', 409, true],
  ['TooManyRequests', 429, true],
  ['RequestTimeout', 400, true],
  ['TimeoutError', undefined, true],
  ['ECONNRESET', undefined, true],
  ['AbortError', undefined, false],
  ['CredentialsProviderError', undefined, false],
  ['NotImplemented', 501, false],
  ['XMinioStorageFull', 507, false],
  ['AccessDenied', 403, false],
  ['QuotaExceeded', 403, false],
  ['NoSuchUpload', 404, false],
  ['InvalidArgument', 400, false],
])('%s, HTTP %s: whether the same request may be taken in a while is %s', (name, status, passing) => {
  expect(isPassing(sdkError(name, status))).toBe(passing);
  expect(isPassing(vaultError('write', 'pgvouch/a', sdkError(name, status)))).toBe(passing);
});

test('an error of ours that the store did not cause passes by itself never', () => {
  expect(isPassing(new DumpError({ operation: 'dump', problem: 'x' }))).toBe(false);
});
