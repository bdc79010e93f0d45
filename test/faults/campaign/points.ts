/** Points anywhere between the beginning and the end of a run, the same in every campaign. */
export function anywhere(seed: number, count: number): number[] {
  const random = randomFrom(seed);
  // One in each of equal stretches, so that no stretch is left out by chance.
  return Array.from({ length: count }, (_, index) => Math.round((1000 * 0.97 * (index + random())) / count) / 1000);
}

/** @see mulberry32 */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
