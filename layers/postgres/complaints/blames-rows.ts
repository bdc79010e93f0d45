const BY_THE_ROWS =
  /duplicate key|could not create (unique|exclusion)|violates (unique|foreign key|not-null|exclusion)|contains null values/;

/** Whether a constraint or index failed for the very rows that it is about, whatever functions read. */
export function blamesRows(text: string): boolean {
  return BY_THE_ROWS.test(text);
}
