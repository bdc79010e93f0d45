/**
 * The order in which databases are dumped. Pure. Those without a backup of late come first: they need one most. Then come
 * the biggest, so that the longest dump does not begin when all others have ended.
 *
 * @param archiveBytes - by database, the size of its last archive; not there if it has none of late
 */
export function dumpOrder<T extends { readonly name: string }>(
  databases: readonly T[],
  archiveBytes: ReadonlyMap<string, number>,
): T[] {
  const rank = ({ name }: T) => archiveBytes.get(name) ?? Number.POSITIVE_INFINITY;
  return [...databases].sort((a, b) => {
    const [one, other] = [rank(a), rank(b)];
    if (one !== other) return other > one ? 1 : -1;
    return a.name < b.name ? -1 : 1;
  });
}

/**
 * When each of a row of dumps will have ended, counted from their firing. Pure. So many run at once; the next begins when
 * one ends.
 *
 * @param durationsMs - how long each takes, in the order of their beginning
 */
export function endsOf(durationsMs: readonly number[], concurrency: number): number[] {
  const freeAtMs = Array.from({ length: Math.max(1, concurrency) }, () => 0);
  return durationsMs.map((durationMs) => {
    const turn = freeAtMs.indexOf(Math.min(...freeAtMs));
    const endMs = (freeAtMs[turn] ?? 0) + durationMs;
    freeAtMs[turn] = endMs;
    return endMs;
  });
}
