/** Data that can be restored by themselves, and the disk that they need then. */
export interface PieceItem {
  readonly id: number;
  readonly sizeBytes: number;
  /** Whether it was restored before: then it comes only for the sake of ties. */
  readonly done?: boolean;
}

export interface PiecePlan {
  /** What is restored at a time: ids of items. One may be in several pieces, so that what reads it can be checked. */
  readonly pieces: readonly (readonly number[])[];
  /** What is larger than a piece may be: ids that stand together. */
  readonly tooLarge: readonly (readonly number[])[];
}

interface Cluster {
  readonly ids: Set<number>;
  sizeBytes: number;
}

/** What is restored more than once for the sake of ties, as a share of all. */
const MOST_REPEATED = 0.2;

/**
 * Shares data out to pieces that fit. Pure.
 *
 * First what a tie binds comes together as long as it fits, the smallest ties first. A tie that is left over brings what
 * it lacks into one of the pieces once more, if there is room and it is not too dear. Then what is small shares a piece.
 *
 * @param ties - what should be in one piece, if that is possible: the tables of a foreign key
 * @param bonds - what must be in one piece
 * @param limitBytes - how much a piece may need
 */
export function planPieces(
  items: readonly PieceItem[],
  ties: readonly (readonly number[])[],
  bonds: readonly (readonly number[])[],
  limitBytes: number,
): PiecePlan {
  const sizes = new Map(items.map(({ id, sizeBytes }) => [id, sizeBytes]));
  const sizeOf = (ids: Iterable<number>) => sumOf(ids, (id) => sizes.get(id) ?? 0);
  const left = items.filter(({ done }) => !done).map(({ id }) => id);
  const clusters = new Map<number, Cluster>(left.map((id) => [id, { ids: new Set([id]), sizeBytes: sizeOf([id]) }]));
  const join = (ids: readonly number[], mostBytes: number) => {
    const apart = [...new Set(ids.flatMap((id) => clusters.get(id) ?? []))].sort((a, b) => b.ids.size - a.ids.size);
    const [into, ...others] = apart;
    if (into === undefined || sumOf(apart, ({ sizeBytes }) => sizeBytes) > mostBytes) return;
    for (const other of others) {
      into.sizeBytes += other.sizeBytes;
      for (const id of other.ids) clusters.set(id, into).get(id)?.ids.add(id);
    }
  };
  for (const bond of bonds) join(bond, Number.POSITIVE_INFINITY);
  const tooLarge = [...new Set(clusters.values())].filter(({ sizeBytes }) => sizeBytes > limitBytes);
  if (tooLarge.length > 0) return { pieces: [], tooLarge: tooLarge.map(({ ids }) => [...ids]) };
  const sorted = ties
    .map((tie) => ({ tie, sizeBytes: sizeOf(tie) }))
    .sort((a, b) => a.sizeBytes - b.sizeBytes)
    .map(({ tie }) => tie);
  for (const tie of sorted) join(tie, limitBytes);
  const apart = sorted.filter((tie) => new Set(tie.map((id) => clusters.get(id))).size > 1);
  const total = sizeOf(left);
  for (let dearest = limitBytes; ; dearest = dearest < 1 ? 0 : dearest / 2) {
    const guests = withGuests(clusters, apart, sizeOf, { limitBytes, dearest });
    const pieces = pack(guests, sizeOf, limitBytes);
    const repeated = sumOf(pieces, sizeOf) - total;
    if (repeated <= MOST_REPEATED * total || dearest === 0) {
      return { pieces: pieces.map((piece) => [...piece]), tooLarge: [] };
    }
  }
}

/** Brings what ties lack into a cluster of theirs, each where that costs least. */
function withGuests(
  clusters: ReadonlyMap<number, Cluster>,
  ties: readonly (readonly number[])[],
  sizeOf: (ids: Iterable<number>) => number,
  { limitBytes, dearest }: { readonly limitBytes: number; readonly dearest: number },
): Cluster[] {
  const loaded = new Map(
    [...new Set(clusters.values())].map((one) => [one, { ids: new Set(one.ids), sizeBytes: one.sizeBytes }]),
  );
  for (const tie of ties) {
    const choices = [...new Set(tie.map((id) => clusters.get(id)))]
      .flatMap((cluster) => (cluster && loaded.get(cluster)) ?? [])
      .map((into) => ({ into, costs: sizeOf(tie.filter((id) => !into.ids.has(id))) }))
      .sort((a, b) => a.costs - b.costs);
    const chosen = choices.find(({ into, costs }) => costs <= dearest && into.sizeBytes + costs <= limitBytes);
    if (chosen === undefined) continue;
    for (const id of tie) chosen.into.ids.add(id);
    chosen.into.sizeBytes += chosen.costs;
  }
  return [...loaded.values()];
}

/** The largest first, each into the piece with which it has most in common. */
function pack(
  clusters: readonly Cluster[],
  sizeOf: (ids: Iterable<number>) => number,
  limitBytes: number,
): Set<number>[] {
  const pieces: Cluster[] = [];
  const bySize = [...clusters].sort((a, b) => b.sizeBytes - a.sizeBytes);
  for (const { ids, sizeBytes } of bySize) {
    const choices = pieces
      .map((piece) => ({ piece, common: sizeOf([...ids].filter((id) => piece.ids.has(id))) }))
      .filter(({ piece, common }) => piece.sizeBytes + sizeBytes - common <= limitBytes)
      .sort((a, b) => b.common - a.common);
    const chosen = choices[0];
    if (chosen === undefined) pieces.push({ ids: new Set(ids), sizeBytes });
    else {
      for (const id of ids) chosen.piece.ids.add(id);
      chosen.piece.sizeBytes += sizeBytes - chosen.common;
    }
  }
  return pieces.map(({ ids }) => ids);
}

function sumOf<T>(all: Iterable<T>, of: (one: T) => number): number {
  let sum = 0;
  for (const one of all) sum += of(one);
  return sum;
}
