import { VaultError } from '../backup/errors.ts';

/** What a page of a listing says of the listing. */
export interface Page {
  readonly isTruncated: boolean | undefined;
  /** Where the next page begins: a token, or a pair of markers. */
  readonly next: string | undefined;
  /** How many names the page holds. */
  readonly length: number;
  /** How many the store says it holds, if it says so. */
  readonly count?: number | undefined;
  /** Whether anything was said at all: an empty answer says nothing, not even that there is nothing. */
  readonly isAnswer: boolean;
}

/** What is missing from a listing would count as gone: its newest backups, mostly. */
class CutOff extends VaultError {}

/** Whether something failed because a listing ended before its end. Nothing may be decided on such a store's word. */
export function isCutOff(error: unknown): boolean {
  return error instanceof CutOff;
}

/**
 * Follows one listing, page by page, and makes sure that it gets to its end: a page that breaks off must not pass for
 * the last, and a listing that does not get on would never end.
 *
 * @param subject - what is listed, for the message
 * @returns to be called with each page in turn: whether another follows
 * @throws {@link VaultError} from that call
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html for `IsTruncated`, `KeyCount`
 */
export function followPages(operation: string, subject: string): (page: Page) => boolean {
  const visited = new Set<string>();
  const refuse = (problem: string) =>
    new CutOff({
      operation,
      subject,
      problem: `the listing is cut off: ${problem}`,
      hint: 'the store, or a proxy in front of it, does not list correctly: update or repair it. Until then pgvouch removes nothing',
    });
  return ({ isTruncated, next, length, count, isAnswer }) => {
    if (!isAnswer) throw refuse('the answer is empty');
    if (count !== undefined && length < count) {
      throw refuse(`the store announces ${count} keys and sends ${length}`);
    }
    if (!isTruncated) return false;
    if (next === undefined || next === '')
      throw refuse('the store says that there is more, but not where it continues');
    if (visited.has(next)) throw refuse('the store leads back to a page that it sent before');
    visited.add(next);
    return true;
  };
}
