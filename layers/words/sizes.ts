const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** `12.3 MB`, in powers of ten, as disks and invoices count. */
export function bytes(sizeBytes: number): string {
  let value = sizeBytes;
  let unit = 0;
  // What would be rounded to 1,000 of a unit is one of the next.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}
