import { shorten } from '../../../../layers/words/texts.ts';

/** Characters: enough for what pg_dump says last. */
const LONGEST = 500;

/**
 * The same facts with every text cut to what a page has room for, whoever wrote it. Names stay whole: links and commands
 * go by them.
 */
export function withShortTexts<T>(facts: T): T {
  return cut(facts) as T;
}

function cut(value: unknown): unknown {
  if (typeof value === 'string') return shorten(value, LONGEST);
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  if (Array.isArray(value)) return value.map(cut);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, key === 'name' ? one : cut(one)]));
}
