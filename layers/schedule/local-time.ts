const HOUR_MS = 3_600_000;

/** What a clock on a wall shows at an instant, as the instant when it does so in UTC. Pure. */
export function wallClock(at: Date, timezone: string): Date {
  if (timezone === 'UTC') return at;
  const parts = Object.fromEntries(
    formatOf(timezone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second, at.getUTCMilliseconds()));
}

/**
 * The instant when a clock on a wall shows a time. Pure.
 *
 * @param wall - as {@link wallClock} has it
 * @returns where the clock is put back and shows it twice, the first of the two; where it is put forward and does not show
 *   it, as much later as it is put forward: 03:30 for 02:30
 */
export function instantOf(wall: Date, timezone: string): Date {
  const offsetAt = (at: number) => wallClock(new Date(at), timezone).getTime() - at;
  const before = wall.getTime() - offsetAt(wall.getTime() - 24 * HOUR_MS);
  const after = wall.getTime() - offsetAt(wall.getTime() + 24 * HOUR_MS);
  if (before === after) return new Date(before);
  const fits = [before, after].find((at) => at + offsetAt(at) === wall.getTime());
  return new Date(fits ?? before);
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  const fields = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric' } as const;
  const times = { minute: 'numeric', second: 'numeric', hourCycle: 'h23' } as const;
  const format = new Intl.DateTimeFormat('en-US', { timeZone, calendar: 'gregory', ...fields, ...times });
  formats.set(timeZone, format);
  return format;
}
