import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectTaggingCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import type { ListedObject } from '../backup/catalog.ts';
import { ANSWER_MS, openStoreClient } from './client.ts';
import type { VaultConfig } from './config.ts';
import { type ByteRange, download } from './download.ts';
import { type ListOptions, listLevel, listPages, listWhole } from './listing.ts';
import { type UnfinishedUpload, unfinishedUploads } from './unfinished-uploads.ts';
import { type Body, type UploadOptions, upload } from './upload.ts';
import { isMissing, isPreconditionFailed, refusesCondition, statusOf, vaultError } from './vault-error.ts';

/**
 * Our part of the bucket. Every method throws {@link VaultError}; the return value says what is not there. One that
 * takes a signal breaks off when it aborts, and throws its reason: a store that says nothing is waited for far longer.
 */
export type Vault = ReturnType<typeof openVault>;

/** Makes of an object's stored bytes what was sealed in them, if its key says that it is sealed. */
export type Opener = (key: string, stored: AsyncIterable<Buffer>) => AsyncIterable<Buffer>;

/** The tag by which the bucket's lifecycle knows what to remove. */
export const REMOVE_TAG = { Key: 'pgvouch', Value: 'remove' } as const;

/** Opens the vault; nothing is asked of the store yet. */
export function openVault(config: VaultConfig) {
  const client = openStoreClient(config);
  const { s3 } = client;
  const Bucket = config.bucket;
  let refusesConditions = false;

  async function ask<T>(
    operation: string,
    subject: string,
    request: (options: HttpHandlerOptions) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    signal?.throwIfAborted();
    try {
      return await request(signal ? { abortSignal: signal } : {});
    } catch (error) {
      signal?.throwIfAborted();
      throw vaultError(operation, subject, error);
    }
  }

  async function isThere(key: string, options: HttpHandlerOptions): Promise<boolean> {
    try {
      await s3.send(new HeadObjectCommand({ Bucket, Key: key }), options);
      return true;
    } catch (error) {
      // Who may not look relies on the condition.
      if (isMissing(error) || statusOf(error) === 403) return false;
      throw error;
    }
  }

  return {
    config,
    bucket: config.bucket,
    /** Opens what is sealed, where somebody gave it identities: see layers/seal. */
    open: undefined as Opener | undefined,
    prefix: config.prefix,
    /** For set-up, which lives in its own files. */
    client,
    /** The store's clock, by which objects are aged: the caller's may be wrong. Undefined before the first answer. */
    storeTime: client.storeTime,
    /** Whether the store has refused a conditional write, so that it was done without the condition. */
    refusesConditions: () => refusesConditions,

    /** Every object below the prefix (or below one folder of it), in the order of their keys. */
    async *list(folder: string = config.prefix): AsyncGenerator<ListedObject> {
      for await (const page of listPages(s3, Bucket, folder)) yield* page;
    },

    /** What {@link list} yields, a page for each request; from some key on, if need be. */
    listPages: (folder: string, options?: ListOptions) => listPages(s3, Bucket, folder, options),

    /** What lies directly below the prefix, or one folder of it, and the folders there. */
    listLevel: (signal?: AbortSignal, folder = config.prefix) => listLevel(s3, Bucket, folder, signal),

    /**
     * What {@link list} yields, all of it; of everything, the databases are listed side by side.
     *
     * @param without - of everything, but for this folder
     */
    async listAll(folder?: string, without?: string): Promise<ListedObject[]> {
      if (folder === undefined) return listWhole(s3, Bucket, config.prefix, without);
      const objects: ListedObject[] = [];
      for await (const object of this.list(folder)) objects.push(object);
      return objects;
    },

    /** The object's text, or undefined if it is not there. */
    async getText(key: string, signal?: AbortSignal): Promise<string | undefined> {
      const read = async (options: HttpHandlerOptions) => {
        try {
          const answer = await s3.send(new GetObjectCommand({ Bucket, Key: key }), options);
          return await answer.Body?.transformToString();
        } catch (error) {
          if (isMissing(error)) return undefined;
          throw error;
        }
      };
      return ask('read', key, read, signal);
    },

    /**
     * See {@link download}.
     *
     * @param range - only these bytes
     */
    async getBytes(key: string, signal?: AbortSignal, range?: ByteRange): Promise<AsyncIterable<Buffer> | undefined> {
      const source = { bucket: Bucket, key, answerMs: config.answerMs ?? ANSWER_MS, signal, range };
      return ask('read', key, () => download(s3, source), signal);
    },

    /** Writes an object, replacing what was there. */
    async put(key: string, body: string | Uint8Array, signal?: AbortSignal): Promise<void> {
      const request = { Bucket, Key: key, Body: body, ContentType: contentType(key) };
      await ask('write', key, (options) => s3.send(new PutObjectCommand(request), options), signal);
    },

    /**
     * Writes an object that must not be there yet. Stores other than AWS are not trusted with the condition: it looks
     * first, and where the store refuses conditional writes it writes without one. If the store does not keep the
     * condition, of two that write at the same moment both may get true; the later one stands.
     *
     * @returns false if one was there; it may be our own, from a try whose answer was lost
     */
    async putNew(key: string, body: string | Uint8Array, signal?: AbortSignal): Promise<boolean> {
      const content = {
        ...{ Body: body, ContentType: contentType(key) },
        ...(typeof body !== 'string' && { ChecksumAlgorithm: client.checksum }),
      };
      const request: PutObjectCommandInput = { Bucket, Key: key, ...content, IfNoneMatch: '*' };
      const write = async (options: HttpHandlerOptions) => {
        if (config.server !== undefined && (await isThere(key, options))) return false;
        for (let attempt = 1; ; attempt++) {
          try {
            await s3.send(new PutObjectCommand(request), options);
            return true;
          } catch (error) {
            if (isPreconditionFailed(error)) return false;
            if (request.IfNoneMatch !== undefined && config.server !== undefined && refusesCondition(error)) {
              request.IfNoneMatch = undefined;
              refusesConditions = true;
              continue;
            }
            // S3 answers 409 while another conditional write of the key is under way: only asking again tells who won.
            if (statusOf(error) !== 409 || attempt === 5) throw error;
          }
        }
      };
      return ask('write', key, write, signal);
    },

    /** See {@link upload}. */
    async upload(key: string, body: Body, options: UploadOptions): Promise<void> {
      await upload(client, Bucket, key, body, options);
    },

    /** Multipart uploads below the prefix (or of one key) that were begun and neither completed nor aborted. */
    unfinishedUploads(under: string = config.prefix): AsyncGenerator<UnfinishedUpload> {
      return unfinishedUploads(s3, Bucket, under);
    },

    /** Clears an unfinished upload and its parts; one that is gone already is fine. */
    async abortUpload({ key, uploadId }: UnfinishedUpload): Promise<void> {
      await ask('abort upload of', key, async () => {
        try {
          await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: key, UploadId: uploadId }));
        } catch (error) {
          if (statusOf(error) !== 404) throw error;
        }
      });
    },

    /** Gives an object to the lifecycle for removal; one that is gone already is fine. */
    async tagForRemoval(key: string): Promise<void> {
      await ask('tag', key, async () => {
        try {
          await s3.send(new PutObjectTaggingCommand({ Bucket, Key: key, Tagging: { TagSet: [REMOVE_TAG] } }));
        } catch (error) {
          if (!isMissing(error)) throw error;
        }
      });
    },

    /** Takes the removal tag (our only tag) off again. */
    async untag(key: string): Promise<void> {
      await ask('untag', key, async () => {
        try {
          await s3.send(new DeleteObjectTaggingCommand({ Bucket, Key: key }));
        } catch (error) {
          if (!isMissing(error)) throw error;
        }
      });
    },

    /** Deletes an object at once: only for stores whose lifecycle knows no tags (`RETENTION_REMOVAL=direct`). */
    async remove(key: string): Promise<void> {
      await ask('delete', key, () => s3.send(new DeleteObjectCommand({ Bucket, Key: key })));
    },
  };
}

interface HttpHandlerOptions {
  readonly abortSignal?: AbortSignal;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  json: 'application/json',
  zst: 'application/zstd',
  age: 'application/octet-stream',
  history: 'text/plain',
};

function contentType(key: string): string {
  return CONTENT_TYPES[key.slice(key.lastIndexOf('.') + 1)] ?? 'application/sql';
}
