/** Rows as COPY's text format has them: the same for the same seed. */

/** What real texts are made of: phrases come again more often than their words would by chance. */
const LETTERS = 'etaoinshrdlcumwf';
const WORDS = 3_000;
const PHRASES = 12_000;

/**
 * Makes a source of the rows of one big table: numbers, a short text, sometimes a document of some kilobytes, and JSON
 * whose names come again in every row. Words and phrases are as frequent as in a language: the n-th 1/n times as often
 * as the first.
 *
 * @returns gives the row of a number, with its newline
 */
export function eventRows(seed: number): (id: number) => string {
  const random = randomNumbers(seed);
  const upTo = (most: number) => Math.floor(random() * most);
  const words = Array.from({ length: WORDS }, (_, n) => word(upTo, n));
  const some = (list: readonly string[], count: number) =>
    Array.from({ length: count }, () => list[Math.floor(list.length ** random()) - 1]).join(' ');
  const phrases = Array.from({ length: PHRASES }, () => some(words, 2 + upTo(6)));
  const article = () =>
    `{"count": ${1 + upTo(4)}, "price": ${upTo(90_000) / 100}, "article": ${upTo(50_000)}, "discount": null}`;
  return (id) => {
    const columns = [
      id,
      1 + upTo(100_000),
      new Date(FIRST_AT + id * 7_000).toISOString(),
      STATES[upTo(STATES.length)],
      upTo(1_000_000) / 100,
      uuid(upTo),
      `${some(phrases, 3 + upTo(6))} ${some(words, 10 + upTo(20))}`,
      id % 50 === 0 ? some(phrases, 200 + upTo(600)) : '\\N',
      `{"items": [${article()}, ${article()}], "agent": "${phrases[upTo(40)]}", "coupon": "${upTo(2 ** 32).toString(36)}", "source": "shop", "address": "10.0.${upTo(256)}.${upTo(256)}"}`,
    ];
    return `${columns.join('\t')}\n`;
  };
}

/** The rows of one of the many small tables. */
export function smallRows(seed: number, rows: number): string {
  const random = randomNumbers(seed);
  const line = (_: unknown, n: number) =>
    `${n}\tarticle ${(random() * 2 ** 32).toString(36)}\t${Math.floor(random() * 1e5) / 100}\t2026-01-0${1 + (n % 9)} 00:00:00+00\n`;
  return Array.from({ length: rows }, line).join('');
}

const FIRST_AT = Date.UTC(2024, 0, 1);
const STATES = ['new', 'paid', 'packed', 'sent', 'returned'];

/** The n-th most frequent word: the first ones are short, as in a language. */
function word(upTo: (most: number) => number, n: number): string {
  const length = 2 + Math.min(n >> 3, upTo(9));
  return Array.from({ length }, () => LETTERS[upTo(LETTERS.length)]).join('');
}

function uuid(upTo: (most: number) => number): string {
  const digits = Array.from({ length: 4 }, () =>
    upTo(2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Numbers from 0 to 1, quickly, and the same for the same seed: mulberry32. @see https://github.com/bryc/code */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
