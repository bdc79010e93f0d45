import { count } from '../../../../layers/words/counts.ts';
import { day } from '../../../../layers/words/instants.ts';
import { ROOM } from './limits.ts';

/** `22 November, 21 November and 3 more days`: each day once, in the order given. */
export function namedDays(instants: readonly Date[], now: Date): string {
  const days = [...new Set(instants.map((at) => day(at, now)))];
  const rest = days.length - ROOM.namedDays;
  return `${days.slice(0, ROOM.namedDays).join(', ')}${rest > 0 ? ` and ${count(rest, 'more day')}` : ''}`;
}
