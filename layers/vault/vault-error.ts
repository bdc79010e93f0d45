import { PgvouchError, textOf, VaultError } from '../backup/errors.ts';

const CHANGED = 'bytes changed on their way to the store: something between this machine and the store is broken';
const CHECKSUMS =
  'the store does not know a header of the request: if it knows no checksums, or needs Content-MD5, as for objects under a lock, set AWS_REQUEST_CHECKSUM_CALCULATION=when_required';
const HINTS: Readonly<Record<string, string>> = {
  AccessDenied: 'the credentials do not allow this: check the bucket policy and the role or access key',
  InvalidAccessKeyId: 'the store does not know this access key: check MINIO_ACCESS_KEY or the AWS credentials',
  SignatureDoesNotMatch: 'the secret key does not match the access key: check MINIO_SECRET_KEY or the AWS credentials',
  RequestTimeTooSkewed: "this machine's clock and the store's differ by more than 15 minutes: set the clock (NTP)",
  NoSuchBucket: 'the bucket does not exist (any more): check BACKUP_BUCKET',
  SlowDown: 'the store asks for fewer requests: run again later, or back up fewer databases at once',
  // What the SDK makes of a connection that broke, too.
  TimeoutError:
    'the store did not answer, or the connection to it broke: check the network, and whether the store is up',
  ECONNRESET: 'the connection to the store broke: check the network, and whether the store is up',
  QuotaExceeded: 'the bucket is full: raise its quota, or keep fewer backups (RETENTION_DAYS)',
  XAmzContentSHA256Mismatch: CHANGED,
  XAmzContentChecksumMismatch: CHANGED,
  BadDigest: CHANGED,
  InvalidArgument: CHECKSUMS,
  InvalidRequest: CHECKSUMS,
  NotImplemented: CHECKSUMS,
  MissingContentMD5: CHECKSUMS,
  ECONNREFUSED: 'nothing is listening there: check that the store is up, and that MINIO_ENDPOINT is right',
  ENOTFOUND: 'the name cannot be resolved: check MINIO_ENDPOINT or AWS_REGION',
  CredentialsProviderError: 'no AWS credentials were found; for MinIO and other servers set MINIO_ENDPOINT',
};

/** Turns whatever the SDK threw into a VaultError that names the operation and the key; our own errors pass. */
export function vaultError(operation: string, subject: string, error: unknown): PgvouchError {
  if (error instanceof PgvouchError) return error;
  const name = codeOf(error);
  const status = statusOf(error);
  const text = textOf(error);
  // The SDK could not parse the answer: what listens there is some other HTTP server.
  if (/deserialization error|hidden field/i.test(text)) {
    const problem = `${status === undefined ? '' : `HTTP ${status}, `}the answer does not come from an S3 server`;
    return new VaultError({
      operation,
      subject,
      problem,
      hint: 'check that MINIO_ENDPOINT is the API of the store',
      cause: error,
    });
  }
  const said = text === name || text === 'UnknownError' ? '' : text;
  const problem = [name === 'Error' ? '' : name, status === undefined ? '' : `HTTP ${status}`, said]
    .filter((part) => part !== '')
    .join(', ');
  const hint = HINTS[name] ?? (status === 403 ? HINTS.AccessDenied : undefined);
  return new VaultError({ operation, subject, problem, ...(hint !== undefined && { hint }), cause: error });
}

/** Whether the store answered that the object is not there; a bucket that is gone is another matter. */
export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404 && !['NoSuchUpload', 'NoSuchBucket'].includes(codeOf(error));
}

/** Whether a conditional write met an object that was there already. */
export function isPreconditionFailed(error: unknown): boolean {
  return statusOf(error) === 412;
}

/**
 * Whether the store does not carry out conditional writes at all: 501, or 400 with the words for it. The request without
 * the condition tells for sure.
 */
export function refusesCondition(error: unknown): boolean {
  const status = statusOf(error);
  return (
    status === 501 ||
    (status === 400 && ['NotImplemented', 'InvalidArgument', 'InvalidRequest'].includes(codeOf(error)))
  );
}

/** The HTTP status of an SDK error, if the store answered at all. */
export function statusOf(error: unknown): number | undefined {
  const metadata = (error as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata;
  return metadata?.httpStatusCode;
}

/**
 * Whether the store may well carry out the same request in a while: it is busy, restarts, or cannot be reached. Not so
 * where it is full, refuses us, or does not know what is asked for.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
export function isPassing(error: unknown): boolean {
  const said = causeOf(error);
  const status = statusOf(said);
  const name = codeOf(said);
  if (['AbortError', 'CredentialsProviderError', 'TypeError'].includes(name)) return false;
  // Nobody answered; or an error came in place of a result that had been promised.
  if (status === undefined || status === 200) return said instanceof Error && !(said instanceof PgvouchError);
  return status >= 500 ? !FOR_GOOD.includes(status) : BUSY.includes(status) || name === 'RequestTimeout';
}

/** How often the SDK tried by itself. */
export function attemptsOf(error: unknown): number {
  return (causeOf(error) as { $metadata?: { attempts?: number } })?.$metadata?.attempts ?? 1;
}

/** Request Timeout, Conflict, Too Early, Too Many Requests. */
const BUSY = [408, 409, 425, 429];
/** Not Implemented, HTTP Version Not Supported, Insufficient Storage. */
const FOR_GOOD = [501, 505, 507];

function causeOf(error: unknown): unknown {
  return error instanceof VaultError && error.cause !== undefined ? error.cause : error;
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'Error';
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && error.name === 'Error' ? code : error.name;
}
