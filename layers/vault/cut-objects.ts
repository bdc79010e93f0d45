import type { ListedObject } from '../backup/catalog.ts';

/** What comes before the objects: the root, and elements that hold nothing but text. */
const HEAD = /^\s*(?:<\?xml[^>]*\?>\s*)?<ListBucketResult(?:\s[^<>]*)?>(?:\s*<(\w+)>[^<]*<\/\1>|\s*<\w+\/>)*/;
const BEGIN = /\s*<Contents>/y;
/** What is said of an object: text, or elements that hold text, as its owner does. */
const MEMBER = /\s*<(\w+)>(?:([^<\r]*)|(?:\s*<(\w+)>[^<]*<\/\3>)*\s*)<\/\1>/y;
const END = /\s*<\/Contents>/y;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;
const REFERENCE = /&(?:#(\d{1,6});|#x([\da-fA-F]{1,5});|(\w+);)?/g;
const NAMED = new Map(Object.entries({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }));

/** A page of a listing without its objects. */
export interface CutPage {
  readonly objects: readonly ListedObject[];
  readonly rest: string;
}

/**
 * Cuts the objects out of an answer to ListObjectsV2, as far as they are written in the way that stores write them. The
 * SDK reads all XML, and takes many times as long for it. It is left the rest: the first object that is written
 * otherwise and everything after it, too.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html#API_ListObjectsV2_ResponseSyntax
 */
export function cutObjects(answer: string): CutPage {
  const objects: ListedObject[] = [];
  const begin = HEAD.exec(answer)?.[0].length;
  if (begin === undefined) return { objects, rest: answer };
  let end = begin;
  for (let next = readObject(answer, end); next !== undefined; next = readObject(answer, end)) {
    objects.push(next.object);
    end = next.end;
  }
  return { objects, rest: answer.slice(0, begin) + answer.slice(end) };
}

function readObject(answer: string, from: number): { readonly object: ListedObject; readonly end: number } | undefined {
  if (execAt(BEGIN, answer, from) === null) return undefined;
  let end = BEGIN.lastIndex;
  let key: string | undefined;
  let size = '';
  let modified = '';
  let etag: string | undefined;
  for (let member = execAt(MEMBER, answer, end); member !== null; member = execAt(MEMBER, answer, end)) {
    const [, name, text = ''] = member;
    if (name === 'Key') key = decode(text);
    else if (name === 'Size') size = text;
    else if (name === 'LastModified') modified = text;
    else if (name === 'ETag') etag = decode(text);
    end = MEMBER.lastIndex;
  }
  const modifiedAt = new Date(INSTANT.test(modified) ? modified : Number.NaN);
  if (execAt(END, answer, end) === null || key === undefined || Number.isNaN(modifiedAt.getTime())) return undefined;
  if (!/^\d{1,15}$/.test(size)) return undefined;
  return { object: { key, sizeBytes: Number(size), modifiedAt, etag }, end: END.lastIndex };
}

function execAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** The text that XML stands for; undefined if it refers to what XML does not name itself. */
function decode(text: string): string | undefined {
  // ETags are in quotation marks.
  const simple = text.replaceAll('&quot;', '"');
  if (!simple.includes('&')) return simple;
  let known = true;
  const decoded = text.replace(REFERENCE, (_, decimal, hex, name) => {
    if (decimal ?? hex) return String.fromCodePoint(decimal ? Number(decimal) : Number.parseInt(hex, 16));
    known &&= NAMED.has(name);
    return NAMED.get(name) ?? '';
  });
  return known ? decoded : undefined;
}
