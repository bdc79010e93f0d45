import { setTimeout as delay } from 'node:timers/promises';
import {
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { ANSWER_MS, type StoreClient } from './client.ts';
import type { Patience } from './patience.ts';
import { statusOf } from './vault-error.ts';

export interface MultipartOptions {
  readonly bucket: string;
  readonly key: string;
  readonly partSizeBytes: number;
  /** Breaks off what is under way. */
  readonly stop: AbortSignal;
  /** Parts are kept until the store took them, and sent again; without it, after a few quick tries it has failed. */
  readonly patience?: Patience | undefined;
  /** Called when a part was not taken. */
  readonly onFailure: (error: unknown) => void;
}

export type Multipart = ReturnType<typeof openMultipart>;

/** Parts that are filled or under way at once: one waits for pg_dump while two wait for the store. */
const MOST_PARTS = 3;
/** Two large ones are enough: a part that takes long to send keeps its connection busy by itself. */
const LARGE_PART_BYTES = 32 * 1024 * 1024;
/** How long a store that does not answer is waited for. */
const SETTLE_MS = 2_000;
/** What is sent more slowly than this is given up: over so slow a line no database of any size can be dumped. */
const SLOWEST_BYTES_PER_MS = 250;
const CONTENT_TYPE = 'application/octet-stream';

/**
 * One object in parts, a few of them under way at a time. What fits into one part becomes an object at once. Every part
 * goes with a checksum that the store compares, and the store makes the object of just those.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */
export function openMultipart(
  { s3, checksum }: StoreClient,
  { bucket, key, partSizeBytes, ...options }: MultipartOptions,
) {
  const { stop, onFailure, patience } = options;
  const where = { Bucket: bucket, Key: key };
  const content = { ContentType: CONTENT_TYPE, ChecksumAlgorithm: checksum };
  const mostParts = partSizeBytes >= LARGE_PART_BYTES ? 2 : MOST_PARTS;
  const free: Buffer[] = [];
  const underWay = new Set<Promise<void>>();
  const taken: CompletedPart[] = [];
  let made = 0;
  let sent = 0;
  let sentBytes = 0;
  let beginning: Promise<string> | undefined;
  /** The last request that begins it, whose answer counts even where nobody insists on it any more. */
  let creating: Promise<string> | undefined;
  let begun = 0;

  function insist<T>(operation: string, request: () => Promise<T>): Promise<T> {
    return patience ? patience.insist(operation, key, request, stop) : request();
  }

  /** A large part takes its time; a store that only does not answer is not waited for so long. */
  function sending(sizeBytes: number) {
    return { abortSignal: stop, requestTimeout: ANSWER_MS + Math.ceil(sizeBytes / SLOWEST_BYTES_PER_MS) };
  }

  /** Not broken off: what was begun must be known, to be cleared away. */
  function begin(): Promise<string> {
    creating = create();
    return creating;
  }

  async function create(): Promise<string> {
    begun++;
    const { UploadId, $metadata } = await s3.send(new CreateMultipartUploadCommand({ ...where, ...content }));
    begun += ($metadata.attempts ?? 1) - 1;
    if (UploadId === undefined) throw new Error('the store began an upload but gave it no id');
    return UploadId;
  }

  async function put(id: string, number: number, bytes: Buffer): Promise<void> {
    const part = { ...where, UploadId: id, PartNumber: number, Body: bytes, ChecksumAlgorithm: checksum };
    const send = () => s3.send(new UploadPartCommand(part), sending(bytes.length));
    const { ETag, ChecksumCRC32, ChecksumSHA256 } = await insist('upload a part of', send);
    taken.push({ PartNumber: number, ETag, ChecksumCRC32, ChecksumSHA256 });
  }

  /** By a listing: who may write archives need not be allowed to read them. */
  async function isThere(): Promise<boolean> {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: key }), {
      abortSignal: stop,
    });
    return Contents.some(({ Key, Size }) => Key === key && Size === sentBytes);
  }

  /** Begins to send a part; `onTaken` is called once the store has it. */
  async function startSending(bytes: Buffer, onTaken: () => void): Promise<void> {
    beginning ??= insist('begin the upload of', begin);
    const task = put(await beginning, ++sent, bytes).then(onTaken);
    sentBytes += bytes.length;
    underWay.add(task);
    const over = () => void underWay.delete(task);
    task.catch(onFailure).then(over, over);
  }

  return {
    /** Memory for one part; waits until there is some. */
    async freePart(): Promise<Buffer> {
      if (free.length === 0 && made === mostParts) await Promise.race(underWay);
      stop.throwIfAborted();
      const used = free.pop();
      if (used) return used;
      made++;
      // Not from the pool: that would never be given back.
      return Buffer.allocUnsafeSlow(partSizeBytes);
    },

    /** Begins to send a whole part; its memory is free again once it is taken. */
    async send(part: Buffer): Promise<void> {
      await startSending(part, () => void free.push(part));
    },

    /** Sends what is left and makes the object of all. */
    async finish(rest: Buffer): Promise<void> {
      if (beginning === undefined) {
        const put = new PutObjectCommand({ ...where, ...content, Body: rest });
        await insist('upload', () => s3.send(put, sending(rest.length)));
        return;
      }
      if (rest.length > 0) await startSending(rest, () => {});
      await Promise.all(underWay);
      if (taken.length !== sent) throw new Error(`${sent} parts were sent, but the store took ${taken.length}`);
      const Parts = taken.sort((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0));
      const complete = { ...where, UploadId: await beginning, MultipartUpload: { Parts } };
      await insist('complete the upload of', async () => {
        try {
          await s3.send(new CompleteMultipartUploadCommand(complete), { abortSignal: stop });
        } catch (error) {
          // An answer that was lost is asked for again, and then there is no upload any more, because it is the object.
          if (statusOf(error) !== 404 || !(await isThere())) throw error;
        }
      });
    },

    /** Whether there may be another upload of the key: one that was begun, and whose answer was lost. */
    leftAnother: () => begun > 1,

    /**
     * Waits for what is under way, whatever comes of it.
     *
     * @returns the upload, if one was begun
     */
    async settled(): Promise<string | undefined> {
      await Promise.allSettled(underWay);
      return Promise.race([creating?.catch(() => undefined), delay(SETTLE_MS, undefined, { ref: false })]);
    },
  };
}
