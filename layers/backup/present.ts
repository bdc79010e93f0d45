/**
 * How far clocks may differ before one of them is wrong. The database server dates the data, whatever fires the schedule
 * dates the backup, the store dates its objects, and a function judges all of that by a fourth clock. 15 minutes, because
 * S3 refuses the requests of a clock that is further from its own: such a function could not even have stored a backup.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, RequestTimeTooSkewed
 */
export const CLOCK_TOLERANCE_MS = 15 * 60_000;

/**
 * Whether an instant is in the future. This alone says so: for metrics, the status page, verify and retention. What is a
 * little ahead of `now` is of the present, because clocks differ.
 */
export function isFuture(at: Date, now: Date): boolean {
  return at.getTime() - now.getTime() > CLOCK_TOLERANCE_MS;
}
