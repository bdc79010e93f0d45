import { Readable } from 'node:stream';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutObjects } from '../../../layers/vault/cut-objects.ts';
import { listLevel } from '../../../layers/vault/listing.ts';

/** A client whose every answer is this one. */
function answering(body: string): S3Client {
  answer = body;
  return s3;
}

let answer = '';
const s3 = new S3Client({
  ...{ region: 'us-east-1', endpoint: 'http://store', forcePathStyle: true, maxAttempts: 1 },
  credentials: { accessKeyId: 'one', secretAccessKey: 'other' },
  requestHandler: {
    handle: async () => ({ response: { statusCode: 200, headers: {}, body: Readable.from([Buffer.from(answer)]) } }),
  },
});

/** What the SDK reads by itself. */
async function readBySdk(body: string) {
  const { Contents = [], CommonPrefixes = [] } = await answering(body).send(new ListObjectsV2Command({ Bucket: 'b' }));
  return {
    objects: Contents.map(({ Key, Size, LastModified, ETag }) => ({
      ...{ key: Key, sizeBytes: Size, modifiedAt: LastModified, etag: ETag },
    })),
    folders: CommonPrefixes.map(({ Prefix }) => Prefix),
  };
}

const HEAD =
  '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>';
const OWNER = '<Owner><ID>75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a</ID></Owner>';

/** Objects as stores really write them. */
const STORES = {
  AWS: `<Prefix/><KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated><Contents><Key>p/a/1</Key><LastModified>2026-11-22T02:00:03.000Z</LastModified><ETag>&quot;70ee1738b6b21e2c8a43f3a5ab0eee71&quot;</ETag><ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Size>1111</Size><StorageClass>STANDARD</StorageClass></Contents><Contents><Key>p/b&amp;c</Key><LastModified>2026-11-22T02:00:04.000Z</LastModified><ETag>&quot;70ee1738b6b21e2c8a43f3a5ab0eee72-12&quot;</ETag><Size>8589934592</Size>${OWNER}<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress></RestoreStatus><StorageClass>GLACIER</StorageClass></Contents></ListBucketResult>`,
  MinIO: `<Prefix>p/</Prefix><NextContinuationToken>x</NextContinuationToken><KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated><Contents><Key>p/a/1</Key><LastModified>2026-11-22T02:00:03.123Z</LastModified><ETag>&#34;70ee1738b6b21e2c8a43f3a5ab0eee71&#34;</ETag><Size>0</Size><StorageClass>STANDARD</StorageClass></Contents><Contents><Key>p/&#39;b&#39;</Key><LastModified>2026-11-22T02:00:04.001Z</LastModified><ETag>&#34;x&#34;</ETag><Size>7</Size><Owner><ID></ID><DisplayName></DisplayName></Owner><StorageClass>STANDARD</StorageClass></Contents></ListBucketResult>`,
  Ceph: `<Prefix>p/</Prefix><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated><Contents><Key>p/a/1</Key><LastModified>2026-11-22T02:00:03.123Z</LastModified><ETag>&quot;70ee1738b6b21e2c8a43f3a5ab0eee71&quot;</ETag><Size>0</Size><StorageClass>STANDARD</StorageClass></Contents><Contents><Key>p/Käse</Key><LastModified>2026-11-22T02:00:04Z</LastModified><ETag>&quot;x&quot;</ETag><Size>7</Size><StorageClass>STANDARD</StorageClass><Type>Normal</Type></Contents><KeyCount>2</KeyCount></ListBucketResult>`,
  'one that prints neatly': `\n  <Prefix>p/</Prefix>\n  <IsTruncated>false</IsTruncated>\r\n  <Contents>\n    <ETag>"x"</ETag>\n    <Key>p/a</Key>\n    <Size>1</Size>\n    <LastModified>2026-11-22T02:00:04.1Z</LastModified>\n    <Owner>\n      <ID>me</ID>\n    </Owner>\n  </Contents>\n  <Contents>\n    <Key>p/b</Key>\n    <Size>2</Size>\n    <LastModified>2026-11-22T02:00:05Z</LastModified>\n  </Contents>\n</ListBucketResult>\n`,
};

describe('the objects of a page', () => {
  test.each(Object.entries(STORES))('of %s are all cut out, and are what the SDK reads', async (_, written) => {
    const { objects, rest } = cutObjects(HEAD + written);
    expect(objects).toEqual((await readBySdk(HEAD + written)).objects);
    expect([objects.length, rest.includes('Contents')]).toEqual([2, false]);
    expect(await readBySdk(rest)).toMatchObject({ objects: [] });
  });

  test('are the same as the SDK reads, however they are written', async () => {
    await fc.assert(
      fc.asyncProperty(page, async (body) => {
        expect(await listLevel(answering(body), 'b', 'p/')).toEqual(await readBySdk(body));
      }),
    );
  });

  test('are cut off where the answer is: that is an error', async () => {
    const whole = HEAD + STORES.Ceph;
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), async (length) => {
        await expect(listLevel(answering(whole.slice(0, length)), 'b', 'p/')).rejects.toThrow();
      }),
    );
  });
});

test('a character beyond 16 bits may be written as a number', () => {
  const [cut] = cutObjects(HEAD + STORES.Ceph.replace('p/a/1', 'p/&#128512;&#x1f600;')).objects;
  expect(cut?.key).toBe('p/\u{1F600}\u{1F600}');
});

/** Blanks on one line the SDK takes for text. */
const space = fc.constantFrom('', '', '', '\n  ', '\r\n\t');
const character = fc.constantFrom('a', '/', 'é', ' ', '"', "'", '&amp;', '&lt;', '&gt;', '&#34;', '&#x2F;', '&apos;');
/** Never blank: the SDK takes that for nothing. */
const text = fc.array(character, { maxLength: 9 }).map((all) => `p/${all.join('')}.`);
const instant = fc
  .tuple(fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }), fc.constantFrom('', '0', '5'))
  .map(([at, more]) =>
    more === '5' ? `${at.toISOString().slice(0, 19)}Z` : `${at.toISOString().slice(0, -1)}${more}Z`,
  );
const element = (name: string, contents: fc.Arbitrary<string>) =>
  fc.tuple(space, contents, space).map(([before, inside, after]) => `${before}<${name}>${inside}</${name}>${after}`);
/** What no store is known to write, but may. */
const odd = fc.constantFrom(
  ...['<!-- <Contents><Key>no</Key></Contents> -->', '<Odd a="b">c</Odd>', '<Odd/>', '<Odd><Key>no</Key></Odd>'],
  ...['<Odd><a><b>c</b></a></Odd>', '<?odd?>'],
);
const seldom = <T>(arbitrary: fc.Arbitrary<T>, otherwise: T) =>
  fc.oneof({ weight: 30, arbitrary: fc.constant(otherwise) }, { weight: 1, arbitrary });
const key = element('Key', fc.oneof({ weight: 20, arbitrary: text }, fc.constant('p/<![CDATA[<Key>]]>')));
const object = fc
  .tuple(
    fc.tuple(key, element('LastModified', instant), element('Size', fc.nat().map(String))),
    fc.option(element('ETag', text), { nil: '' }),
    fc.option(element('Owner', element('ID', text)), { nil: '' }),
    seldom(odd, ''),
  )
  .chain(([needed, ...others]) => fc.shuffledSubarray([...needed, ...others], { minLength: 6 }))
  .map((members) => members.join(''));
const listed = fc.oneof(
  { weight: 12, arbitrary: element('Contents', object) },
  { weight: 2, arbitrary: element('CommonPrefixes', element('Prefix', text)) },
  { weight: 1, arbitrary: odd },
);
const page = fc
  .tuple(
    fc.constantFrom(HEAD, HEAD.replace(/<\?.*\n/, ''), HEAD.replace(/ xmlns="[^"]*"/, '')),
    ...[seldom(odd, ''), fc.constantFrom('', '<Prefix/>', '\n<Prefix>p/</Prefix>')],
    fc.array(listed, { maxLength: 12 }).map((all) => all.join('')),
    ...[space, fc.constantFrom('<IsTruncated>false</IsTruncated>', '<IsTruncated> false </IsTruncated>')],
  )
  .map((parts) => `${parts.join('')}</ListBucketResult>`);
