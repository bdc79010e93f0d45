import { dumpsOf } from '../find-fired.ts';
import type { HostedFunction } from './invoker.ts';

/** What is particular about find, and about dump: find's answer leads to the dumps, and so many of them run at once. */
export function turnsOf(key: string, dumpConcurrency: number): Pick<HostedFunction, 'atOnce' | 'leadsTo'> {
  if (key === 'dump') return { atOnce: dumpConcurrency };
  if (key !== 'find') return {};
  return { leadsTo: (answer) => dumpsOf(answer, () => crypto.randomUUID()).map((event) => ({ key: 'dump', event })) };
}
