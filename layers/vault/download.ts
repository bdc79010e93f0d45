import type { Readable } from 'node:stream';
import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { VaultError } from '../backup/errors.ts';
import { openPatience } from './patience.ts';
import { isMissing, isPassing, isPreconditionFailed, vaultError } from './vault-error.ts';

/** So often a body may break without getting any further; and so many times `answerMs` the store may stay away. */
const MOST_STUCK = 5;

/** A part of an object. */
export interface ByteRange {
  readonly at: number;
  readonly sizeBytes: number;
}

interface Source {
  readonly bucket: string;
  readonly key: string;
  /** How long the store may say nothing. */
  readonly answerMs: number;
  readonly signal: AbortSignal | undefined;
  /** Only these bytes; all by default. */
  readonly range?: ByteRange | undefined;
}

/**
 * An object's bytes as they come, or undefined if it is not there. Where the connection breaks, or the store falls silent,
 * they go on where they were, of the same object. Breaking off ends the connection.
 *
 * @throws {@link VaultError} if the store does not come back, or the object is another one by then: what ended was all of it
 */
export async function download(s3: S3Client, source: Source): Promise<AsyncIterable<Buffer> | undefined> {
  const { bucket: Bucket, key: Key, signal } = source;
  try {
    const answer = await s3.send(
      new GetObjectCommand({ Bucket, Key, Range: rangeOf(source, 0) }),
      signal ? { abortSignal: signal } : {},
    );
    const body = answer.Body as Readable | undefined;
    // It may break before it is read: the reader gets the error.
    body?.on('error', () => {});
    return body && goingOn(s3, source, answer, body);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function* goingOn(
  s3: S3Client,
  source: Source,
  { ETag, ContentLength = 0 }: GetObjectCommandOutput,
  first: Readable,
): AsyncGenerator<Buffer> {
  const { key, signal = new AbortController().signal } = source;
  const patience = openPatience({ signal, longestMs: MOST_STUCK * source.answerMs });
  let doneBytes = 0;
  let body = first;
  for (let stuck = 0; ; ) {
    const before = doneBytes;
    try {
      for await (const chunk of watched(body, source)) {
        doneBytes += chunk.length;
        yield chunk;
      }
      return;
    } catch (error) {
      signal.throwIfAborted();
      // Once all of it is there, the SDK complains of what it is.
      stuck = doneBytes > before ? 0 : stuck + 1;
      if (doneBytes >= ContentLength || stuck === MOST_STUCK || !isPassing(error)) throw vaultError('read', key, error);
    }
    body = await patience.insist('read', key, () => rest(s3, source, doneBytes, ETag), signal);
  }
}

/** @throws {@link VaultError} if the object is no longer the same */
async function rest(s3: S3Client, source: Source, from: number, IfMatch: string | undefined) {
  const { bucket, key, signal, range } = source;
  const request = { Bucket: bucket, Key: key, Range: rangeOf(source, from), ...(IfMatch && { IfMatch }) };
  const answer = await s3.send(new GetObjectCommand(request), signal ? { abortSignal: signal } : {}).catch((error) => {
    throw isPreconditionFailed(error) || isMissing(error) ? changed(key, error) : error;
  });
  const body = answer.Body as Readable;
  body.on('error', () => {});
  if (answer.ETag === IfMatch && answer.ContentRange?.startsWith(`bytes ${(range?.at ?? 0) + from}-`)) return body;
  body.destroy();
  throw changed(key);
}

/** What is left of it; undefined for all of an object. */
function rangeOf({ range }: Source, doneBytes: number): string | undefined {
  if (range === undefined) return doneBytes === 0 ? undefined : `bytes=${doneBytes}-`;
  return `bytes=${range.at + doneBytes}-${range.at + range.sizeBytes - 1}`;
}

function changed(key: string, cause?: unknown): VaultError {
  return new VaultError({
    operation: 'read',
    subject: key,
    problem: 'the connection broke, and the store does not give the rest of the same object',
    hint: 'run it again; if somebody replaced or removed the object, choose another backup',
    cause,
  });
}

/** Only while its reader waits for it, a body that says nothing is broken off: readers may take their time. */
async function* watched(body: Readable, { answerMs, signal }: Source): AsyncGenerator<Buffer> {
  const stop = () => body.destroy(signal?.reason);
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  const chunks = (body as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  const silent = new Error(`the store said nothing for ${answerMs / 1000} s`);
  try {
    for (;;) {
      const timer = setTimeout(() => body.destroy(silent), answerMs);
      const next = await chunks.next().finally(() => clearTimeout(timer));
      if (next.done) return;
      yield next.value;
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    body.destroy();
  }
}
