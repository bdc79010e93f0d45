/** `1 table`, `2 tables`, `3,400 rows`. */
export function count(number: number, what: string): string {
  return `${figure(number)} ${what}${number === 1 ? '' : 's'}`;
}

/** `3,400`. */
export function figure(number: number): string {
  return number.toLocaleString('en-US');
}
