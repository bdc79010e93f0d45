/** Bytes. An event to Lambda holds 256 kB, and the record of a success also carries the event that it was given. */
const MOST_BYTES = 100_000;

/**
 * Whether a function's answer may travel in the record of its success: one that is too large would lose the record.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export function fitsRecord(answer: unknown): boolean {
  return Buffer.byteLength(JSON.stringify(answer)) <= MOST_BYTES;
}
