import type { Readable } from 'node:stream';
import {
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  type ListObjectsV2Output,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { ListedObject } from '../backup/catalog.ts';
import { mapBounded } from '../backup/map-bounded.ts';
import { cutObjects } from './cut-objects.ts';
import { followPages } from './page-course.ts';
import { vaultError } from './vault-error.ts';

export interface ListOptions {
  /** Only keys that sort after this one. */
  readonly after?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const CONCURRENCY = 16;

/** One level of keys. */
export interface Level {
  readonly objects: readonly ListedObject[];
  /** Whole keys, each with its slash. */
  readonly folders: readonly string[];
}

/**
 * Every object whose key begins with `folder`, in the order of their keys, a page for each request: at most a thousand.
 *
 * @throws {@link VaultError} if the store refuses or fails; the signal's reason once it aborts
 */
export async function* listPages(
  s3: S3Client,
  bucket: string,
  folder: string,
  options: ListOptions = {},
): AsyncGenerator<readonly ListedObject[]> {
  for await (const { objects } of pagesOf(s3, bucket, { Prefix: folder }, options)) yield objects;
}

/**
 * Every object whose key begins with `folder`. If they are more than one page, the folders in it are listed side by side;
 * those of one folder come in the order of their keys.
 *
 * @param without - a folder in it that is passed over, with its slash
 * @throws {@link VaultError} if the store refuses or fails
 */
export async function listWhole(
  s3: S3Client,
  bucket: string,
  folder: string,
  without?: string,
): Promise<ListedObject[]> {
  for await (const { objects, isLast } of pagesOf(s3, bucket, { Prefix: folder }, {})) {
    if (isLast) return objects.filter(({ key }) => without === undefined || !key.startsWith(without));
    break;
  }
  const { objects, folders } = await listLevel(s3, bucket, folder);
  const wanted = folders.filter((one) => one !== without);
  const lists = await mapBounded(wanted, CONCURRENCY, async (one) => {
    const listed: ListedObject[] = [];
    for await (const page of listPages(s3, bucket, one)) for (const object of page) listed.push(object);
    return listed;
  });
  return [...objects, ...lists.flat()];
}

/** What lies directly in `folder`, and the folders in it: as many requests as a thousand of both together take. */
export async function listLevel(
  s3: S3Client,
  bucket: string,
  folder: string,
  signal?: AbortSignal | undefined,
): Promise<Level> {
  const objects: ListedObject[] = [];
  const folders: string[] = [];
  for await (const page of pagesOf(s3, bucket, { Prefix: folder, Delimiter: '/' }, { signal })) {
    objects.push(...page.objects);
    folders.push(...page.folders);
  }
  return { objects, folders };
}

async function* pagesOf(
  s3: S3Client,
  bucket: string,
  what: { readonly Prefix: string; readonly Delimiter?: string },
  { after, signal }: ListOptions,
): AsyncGenerator<Level & { readonly isLast: boolean }> {
  const subject = `${bucket}/${what.Prefix}`;
  const goesOn = followPages('list', subject);
  let from: Partial<Record<'StartAfter' | 'ContinuationToken', string | undefined>> = after
    ? { StartAfter: after }
    : {};
  for (let more = true; more; ) {
    signal?.throwIfAborted();
    const page = await askForPage(s3, { Bucket: bucket, ...what, ...from }, signal).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw vaultError('list', subject, error);
    });
    const { objects, folders, IsTruncated, NextContinuationToken, KeyCount, Name } = page;
    more = goesOn({
      isTruncated: IsTruncated,
      next: NextContinuationToken,
      length: objects.length + folders.length,
      count: KeyCount,
      isAnswer: IsTruncated !== undefined || Name !== undefined || objects.length > 0,
    });
    yield { objects, folders, isLast: !more };
    from = { ContinuationToken: NextContinuationToken };
  }
}

async function askForPage(
  s3: S3Client,
  what: ListObjectsV2CommandInput,
  signal: AbortSignal | undefined,
): Promise<Level & ListObjectsV2Output> {
  const command = new ListObjectsV2Command(what);
  let cut: readonly ListedObject[] = [];
  command.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args);
      const response = answer.response as { body: Readable | Uint8Array };
      const { buffer, byteOffset, length } = await s3.config.streamCollector(response.body);
      const { objects, rest } = cutObjects(Buffer.from(buffer, byteOffset, length).toString());
      cut = objects;
      response.body = Buffer.from(rest);
      return answer;
    },
    // Innermost: before the SDK reads the answer, and once for each of its tries.
    { step: 'deserialize', priority: 'low', name: 'cutObjects' },
  );
  const page = await s3.send(command, signal && { abortSignal: signal });
  const folders = (page.CommonPrefixes ?? []).flatMap(({ Prefix }) => Prefix ?? []);
  return { ...page, objects: [...cut, ...objectsOf(page)], folders };
}

function objectsOf({ Contents = [] }: ListObjectsV2Output): ListedObject[] {
  return Contents.flatMap(({ Key, Size, LastModified, ETag }) =>
    Key === undefined || LastModified === undefined
      ? []
      : [{ key: Key, sizeBytes: Size ?? 0, modifiedAt: LastModified, etag: ETag }],
  );
}
