/**
 * The number in the middle; undefined of none.
 *
 * @param ofTwo - which one is taken where two are in the middle: a mean of both would be a number that never occurred
 */
export function median(numbers: readonly number[], ofTwo: 'lower' | 'upper'): number | undefined {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - (ofTwo === 'lower' ? 1 : 0)) / 2)];
}
