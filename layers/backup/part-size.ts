const MIB = 1024 * 1024;
/** S3's smallest part is 5 MiB; a little more halves the requests and still costs little memory. */
const SMALLEST = 8 * MIB;
/** S3 takes five times as much, but what Node hashes at once has to be below two. */
const LARGEST = 1024 * MIB;

/**
 * The size of an upload's parts, so that their number never exceeds what the store takes.
 *
 * An archive is compressed and holds no indexes, so it is smaller than its database; but TOASTed values leave their
 * own compression for pg_dump's, so twice the database's size is allowed for, up to the largest parts that can be sent.
 *
 * @param databaseBytes - pg_database_size
 * @param maxParts - 10,000 on S3
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 */
export function partSizeFor(databaseBytes: number, maxParts: number): number {
  const needed = Math.ceil((2 * databaseBytes) / maxParts / MIB) * MIB;
  return Math.min(Math.max(SMALLEST, needed), LARGEST);
}
