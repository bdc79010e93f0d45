/** The middle of what was measured, so that one disturbed round does not count; the mean of the two if they are even. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('nothing was measured');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [below = Number.NaN, above = Number.NaN] = [sorted[middle - 1], sorted[middle]];
  return sorted.length % 2 === 1 ? above : (below + above) / 2;
}

/**
 * The median of one contender's ratios to another, taken within each round: what slows the machine down for a while slows
 * both, and leaves their ratio.
 *
 * @param own - one value a round
 * @param base - of the same rounds, in the same order
 */
export function pairedRatio(own: readonly number[], base: readonly number[]): number {
  if (own.length !== base.length) throw new RangeError(`${own.length} rounds cannot be paired with ${base.length}`);
  return median(own.map((value, round) => value / (base[round] ?? Number.NaN)));
}

/** The order of one round: each round begins with the next one, so that nobody always comes first or always after X. */
export function rotated<T>(items: readonly T[], round: number): T[] {
  const start = items.length === 0 ? 0 : round % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
