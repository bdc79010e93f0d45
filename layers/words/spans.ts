const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
export const DAY_MS = 24 * HOUR;

/** `90 s`, `5 min`, `6 h`, `3 days`: the largest unit of which there are two or more, rounded down, as people say it. */
export function span(ms: number): string {
  return spanIn(ms, 'days');
}

/** `6 h ago`, or `in 5 h` for what is to come. */
export function ago(at: Date, now: Date): string {
  const ms = now.getTime() - at.getTime();
  return ms >= 0 ? `${span(ms)} ago` : `in ${span(-ms)}`;
}

/** `6 h`, `12 d`, or `in 5 h` for what is to come: narrow, for a table. */
export function age(ms: number): string {
  return ms >= 0 ? spanIn(ms, 'd') : `in ${spanIn(-ms, 'd')}`;
}

/** `4.2 s`, `3 min 20 s`, `2 h 5 min`: how long something took. */
export function duration(ms: number): string {
  if (ms < MINUTE) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ${Math.floor((ms % MINUTE) / SECOND)} s`;
  return `${Math.floor(ms / HOUR)} h ${Math.floor((ms % HOUR) / MINUTE)} min`;
}

/** `2 d 3 h`, `3 h 5 min`, `40 s`: how long something went on, in the two largest units that are not zero. */
export function elapsed(ms: number): string {
  let rest = Math.max(0, Math.round(ms / SECOND) * SECOND);
  const parts: string[] = [];
  for (const [unit, length] of UNITS) {
    const whole = Math.floor(rest / length);
    rest -= whole * length;
    if (whole > 0) parts.push(`${whole} ${unit}`);
  }
  return parts.slice(0, 2).join(' ') || '0 s';
}

const UNITS = [
  ['d', DAY_MS],
  ['h', HOUR],
  ['min', MINUTE],
  ['s', SECOND],
] as const;

function spanIn(ms: number, days: 'days' | 'd'): string {
  if (ms < 2 * MINUTE) return `${Math.max(0, Math.floor(ms / SECOND))} s`;
  if (ms < 2 * HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < 2 * DAY_MS) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY_MS)} ${days}`;
}
