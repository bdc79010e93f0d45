/** Rows as a table for a terminal: the first column to the left, all others to the right. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)));
  return rows.map((row) => line(row).join('  ').trimEnd()).join('\n');
}

/** Bytes in whole megabytes. */
export function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

export function seconds(value: number): string {
  return value.toFixed(2);
}

export function ratio(value: number): string {
  return value.toFixed(2);
}
