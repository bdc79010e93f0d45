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

/** Two columns without names, the first as wide as its widest. */
export function formatTable(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n');
}

/** One cell per character; names may hold wide ones, for which nothing is promised. Control characters are shown. */
function widthOf(text: string): number {
  return [...text].length;
}
