import { ListObjectsV2Command, type ListObjectsV2Output, type S3Client } from '@aws-sdk/client-s3';
import type { ListedObject } from '../backup/catalog.ts';
import { mapBounded } from '../backup/map-bounded.ts';
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
  for await (const page of pagesOf(s3, bucket, { Prefix: folder }, options)) yield objectsOf(page);
}

/**
 * Every object whose key begins with `folder`. If they are more than one page, the folders in it are listed side by side;
 * those of one folder come in the order of their keys.
 *
 * @throws {@link VaultError} if the store refuses or fails
 */
export async function listWhole(s3: S3Client, bucket: string, folder: string): Promise<ListedObject[]> {
  for await (const page of pagesOf(s3, bucket, { Prefix: folder }, {})) {
    if (!page.IsTruncated) return objectsOf(page);
    break;
  }
  const { objects, folders } = await listLevel(s3, bucket, folder);
  const lists = await mapBounded(folders, CONCURRENCY, async (one) => {
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
    objects.push(...objectsOf(page));
    for (const { Prefix } of page.CommonPrefixes ?? []) if (Prefix !== undefined) folders.push(Prefix);
  }
  return { objects, folders };
}

async function* pagesOf(
  s3: S3Client,
  bucket: string,
  what: { readonly Prefix: string; readonly Delimiter?: string },
  { after, signal }: ListOptions,
): AsyncGenerator<ListObjectsV2Output> {
  const options = signal && { abortSignal: signal };
  const subject = `${bucket}/${what.Prefix}`;
  const goesOn = followPages('list', subject);
  let from: Partial<Record<'StartAfter' | 'ContinuationToken', string | undefined>> = after
    ? { StartAfter: after }
    : {};
  for (let more = true; more; ) {
    signal?.throwIfAborted();
    const page: ListObjectsV2Output = await s3
      .send(new ListObjectsV2Command({ Bucket: bucket, ...what, ...from }), options)
      .catch((error: unknown) => {
        signal?.throwIfAborted();
        throw vaultError('list', subject, error);
      });
    const { IsTruncated, NextContinuationToken, KeyCount, Contents = [], CommonPrefixes = [] } = page;
    more = goesOn({
      isTruncated: IsTruncated,
      next: NextContinuationToken,
      names: [...Contents.map(({ Key = '' }) => Key), ...CommonPrefixes.map(({ Prefix = '' }) => Prefix)],
      count: KeyCount,
      isAnswer: IsTruncated !== undefined || page.Name !== undefined || Contents.length > 0,
    });
    yield page;
    from = { ContinuationToken: NextContinuationToken };
  }
}

function objectsOf({ Contents = [] }: ListObjectsV2Output): ListedObject[] {
  return Contents.flatMap(({ Key, Size, LastModified, ETag }) =>
    Key === undefined || LastModified === undefined
      ? []
      : [{ key: Key, sizeBytes: Size ?? 0, modifiedAt: LastModified, etag: ETag }],
  );
}
