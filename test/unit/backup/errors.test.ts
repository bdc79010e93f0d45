import { expect, test } from 'vitest';
import {
  ConfigError,
  DumpError,
  EventError,
  PgvouchError,
  PolicyError,
  splitHint,
  textOf,
  VaultError,
} from '../../../layers/backup/errors.ts';
import { isMissing, isPreconditionFailed, vaultError } from '../../../layers/vault/vault-error.ts';

test.each([ConfigError, EventError, DumpError, VaultError, PolicyError])('%o carries all in its message', (Kind) => {
  const cause = new Error('below');
  const error = new Kind({ operation: 'write', subject: 'pgvouch/a', problem: 'it failed', hint: 'try again', cause });
  expect(error).toBeInstanceOf(PgvouchError);
  expect(error.name).toBe(Kind.name);
  expect(error.message).toBe('write pgvouch/a: it failed\nHint: try again');
  expect(splitHint(error.message)).toEqual({ problem: 'write pgvouch/a: it failed', hint: 'try again' });
  expect(error).toMatchObject({ operation: 'write', subject: 'pgvouch/a', problem: 'it failed', cause });
});

test('without a subject or a hint the message has no holes', () => {
  const error = new DumpError({ operation: 'dump', problem: 'it failed', exitCode: 3 });
  expect(error.message).toBe('dump: it failed');
  expect(splitHint(error.message)).toEqual({ problem: 'dump: it failed' });
  expect(error).toMatchObject({ exitCode: 3, signal: null, hint: undefined });
});

test('the last hint is the one that counts: a problem may quote another error', () => {
  const inner = new VaultError({ operation: 'read', problem: 'no', hint: 'inner' });
  const outer = new ConfigError({ operation: 'start', problem: inner.message, hint: 'outer' });
  expect(splitHint(outer.message).hint).toBe('outer');
});

test.each([
  [new Error('plain'), 'plain'],
  [new TypeError(''), 'TypeError'],
  [new AggregateError([new Error('one'), new Error('two')], ''), 'one; two'],
  ['text', 'text'],
  [undefined, 'undefined'],
])('the text of anything thrown: %o', (thrown, text) => {
  expect(textOf(thrown)).toBe(text);
});

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
