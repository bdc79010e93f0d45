import { readBadVerdict } from './bad-verdict.ts';
import type { FailureRecord } from './failure.ts';
import { formatFiredAt } from './instant.ts';

/** Characters of a problem that tell it from others: the operation stands at its beginning, the reason at its end. */
const LONGEST = { head: 100, tail: 200 };

/**
 * The kind of a problem: a new one is sent at once, however lately another was. Two backups that are bad are two kinds,
 * for a person must know of both. Other problems differ by their words; numbers, ids, addresses and times in
 * them are left out, for they differ every time.
 */
export function kindOf({ error: { type, problem } }: FailureRecord): string {
  const bad = readBadVerdict(problem);
  return bad ? `${type} ${bad.verdict} ${formatFiredAt(bad.firedAt)}` : `${type}: ${gistOf(problem)}`;
}

/** Bad backups and all else do not stand in each other's way. */
export function isOfVerdict(kind: string): boolean {
  return /^\S+ (corrupt|unrestorable) \S+$/.test(kind);
}

function gistOf(problem: string): string {
  const words = problem
    .replace(/[\p{L}\p{N}_.:/+=-]+/gu, (word) => (/\p{N}/u.test(word) ? '#' : word))
    .replace(/# (?:[kMGT]?B|ms|s|min|h|d)\b/g, '#')
    .replace(/#(?:[\s,;]+#)+/g, '#')
    .replace(/\s+/g, ' ')
    .trim();
  const characters = Array.from(words);
  if (characters.length <= LONGEST.head + LONGEST.tail) return words;
  return `${characters.slice(0, LONGEST.head).join('')} … ${characters.slice(-LONGEST.tail).join('')}`;
}
