/** A column of a table; `right` for figures. */
export interface Column {
  readonly name: string;
  readonly right?: boolean;
}

/** Rows below a line of names, each column as wide as its widest cell, two spaces between, none at the ends. */
export function formatColumns(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const lines = [columns.map(({ name }) => name), ...rows];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => widthOf(line[index] ?? ''))));
  const cell = (text: string, index: number) => {
    const space = ' '.repeat((widths[index] ?? 0) - widthOf(text));
    return columns[index]?.right ? space + text : text + space;
  };
  return lines.map((line) => line.map(cell).join('  ').trimEnd()).join('\n');
}

/** `5 min`, `17 h`, `12 d`: the largest unit of which there are two or more. */
export function formatAge(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000);
  const sign = ms < 0 ? 'in ' : '';
  if (seconds < 120) return `${sign}${seconds} s`;
  if (seconds < 2 * 3600) return `${sign}${Math.floor(seconds / 60)} min`;
  if (seconds < 2 * 86_400) return `${sign}${Math.floor(seconds / 3600)} h`;
  return `${sign}${Math.floor(seconds / 86_400)} d`;
}

/** `1.4 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `1 table`, `2 tables`, `3,400 rows`. */
export function count(number: number, what: string): string {
  return `${number.toLocaleString('en-US')} ${what}${number === 1 ? '' : 's'}`;
}

/** One cell per character; names may hold wide ones, for which nothing is promised. Control characters are shown. */
function widthOf(text: string): number {
  return [...text].length;
}
