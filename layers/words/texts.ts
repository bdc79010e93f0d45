/**
 * Cut in the middle where it is too long: what failed stands at its beginning, why at its end.
 *
 * @param longest - in characters
 * @param head - how many of them are of the beginning
 */
export function shorten(text: string, longest: number, head = Math.floor(longest / 3)): string {
  if (text.length <= longest) return text;
  // A character takes two units at most: of a long text only its ends are taken apart.
  const isLong = text.length > 4 * longest;
  const characters = Array.from(isLong ? text.slice(0, 2 * longest) : text);
  if (!isLong && characters.length <= longest) return text;
  const ending = isLong ? Array.from(text.slice(-2 * longest)) : characters;
  return `${characters.slice(0, head).join('')} … ${ending.slice(head - longest).join('')}`;
}

/** Longer than any name that PostgreSQL takes; a folder in the bucket may be called anything. */
const LONGEST_NAME = 64;

/** A database's name where people read it. */
export function label(name: string): string {
  return shorten(name, LONGEST_NAME);
}

/** Characters that cannot be seen, or that turn the direction of writing and so could hide what is said. */
const HIDDEN = /(?![\n\t])\p{Cc}|[\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** With a sign in the place of each such character: that something was there shows. */
export function visible(text: string): string {
  return text.replace(HIDDEN, '\u{fffd}');
}

/** Without such characters, and without tabs: for messages, which others show in their own way. */
export function plain(text: string): string {
  return text.replaceAll('\t', ' ').replace(HIDDEN, '');
}
