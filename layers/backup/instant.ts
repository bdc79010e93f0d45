/** A day's length in milliseconds, in UTC, where every day has it. */
export const DAY_MS = 24 * 60 * 60 * 1000;

/** `2026-11-22T02-00-00Z`: whole seconds, UTC, sorts as text, and needs no escaping anywhere. */
export function formatFiredAt(firedAt: Date): string {
  return `${firedAt.toISOString().slice(0, 19).replaceAll(':', '-')}Z`;
}

/** Reads what {@link formatFiredAt} wrote; undefined for anything else. */
export function parseFiredAt(text: string): Date | undefined {
  return /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ$/.test(text) ? parseInstant(text) : undefined;
}

/** `2026-11-22T02-00-00.000Z`: the same to the millisecond. */
export function formatAt(at: Date): string {
  return at.toISOString().replaceAll(':', '-');
}

/** Reads what either wrote, in a text that is known to have the shape; undefined if there is no such instant. */
export function parseInstant(text = ''): Date | undefined {
  const instant = new Date(`${text.slice(0, 13)}:${text.slice(14, 16)}:${text.slice(17)}`);
  // The 31st of February parses as a day of March, and 24 o'clock as the next day.
  return instant.getUTCDate() === Number(text.slice(8, 10)) ? instant : undefined;
}
