/**
 * Puts what is made from the code between two lines of a file; the rest of the file stays as it is.
 *
 * @param marks - the two lines, without their ends
 * @param made - ends with a line break
 * @throws Error if the file does not have both lines in this order
 */
export function fillBetween(
  file: string,
  { begin, end }: { readonly begin: string; readonly end: string },
  made: string,
): string {
  const from = file.indexOf(begin);
  const to = file.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the file has no place for it: ${begin} … ${end}`);
  return `${file.slice(0, from)}${begin}\n${made}${file.slice(to)}`;
}
