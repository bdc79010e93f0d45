/**
 * Extensions that came with PostgreSQL, and that a major gave up without a successor. They hold no data: functions alone.
 *
 * @see https://www.postgresql.org/docs/17/release-17.html#RELEASE-17-MIGRATION
 */
const GIVEN_UP: ReadonlyMap<string, number> = new Map([
  ['adminpack', 17],
  ['old_snapshot', 17],
]);

/**
 * The first major that no longer has an extension of PostgreSQL's own. Pure.
 *
 * @returns undefined if it was not given up
 */
export function givenUpIn(extension: string): number | undefined {
  return GIVEN_UP.get(extension);
}
