/** The word that somebody may have meant; undefined if none is near. Upper and lower case, - and _ do not count. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replace(/[-_]/g, '');
  const [best] = words
    .map((other) => ({ other, distance: distanceOf(plain(word), plain(other)) }))
    .sort((one, two) => one.distance - two.distance);
  // A third of the letters may be wrong: more is another word.
  return best && best.distance <= Math.max(word.length, best.other.length) / 3 ? best.other : undefined;
}

/** Letters to insert, to leave out, to change, or to swap with the next one. */
function distanceOf(one: string, other: string): number {
  const rows = [Array.from({ length: other.length + 1 }, (_, at) => at)];
  const cell = (line: number, at: number) => rows[line]?.[at] ?? Number.POSITIVE_INFINITY;
  for (let line = 1; line <= one.length; line++) {
    const row = [line];
    rows.push(row);
    for (let at = 1; at <= other.length; at++) {
      const [letter, there] = [one[line - 1], other[at - 1]];
      const swapped = letter === other[at - 2] && there === one[line - 2] ? cell(line - 2, at - 2) + 1 : Number.NaN;
      const changed = cell(line - 1, at - 1) + (letter === there ? 0 : 1);
      row.push(Math.min(changed, cell(line - 1, at) + 1, cell(line, at - 1) + 1, swapped || changed));
    }
  }
  return cell(one.length, other.length);
}
