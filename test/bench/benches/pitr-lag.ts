import type { Lsn } from '../../../layers/wal/lsn.ts';

/** How far one of them was behind, over all looks. */
export interface Lag {
  readonly name: string;
  /** The age of the oldest WAL that the server has flushed and it does not have: what a lost server loses. */
  readonly p50S: number;
  readonly p95S: number;
  readonly maxS: number;
  readonly maxBytes: number;
}

/** Measures lags from looks at the server and at what each has; those at which it had nothing yet do not count. Pure. */
export function openLag(names: readonly string[]) {
  const flushed: { readonly atS: number; readonly to: Lsn }[] = [];
  const seen = new Map<string, { lagS: number; bytes: number }[]>(names.map((name) => [name, []]));
  return {
    look(atS: number, flushedTo: Lsn, reached: Readonly<Record<string, Lsn>>): void {
      flushed.push({ atS, to: flushedTo });
      for (const [name, lags] of seen) {
        const to = reached[name] ?? 0n;
        if (to === 0n) continue;
        // The first look at which the server had more.
        const since = flushed.find((one) => one.to > to);
        lags.push({ lagS: since ? atS - since.atS : 0, bytes: since ? Number(flushedTo - to) : 0 });
      }
    },
    lags: (): Lag[] =>
      [...seen].map(([name, lags]) => {
        const ascending = lags.map(({ lagS }) => lagS).sort((a, b) => a - b);
        const at = (share: number) => ascending[Math.ceil(share * ascending.length) - 1] ?? Number.NaN;
        return {
          ...{ name, p50S: at(0.5), p95S: at(0.95), maxS: at(1) },
          maxBytes: Math.max(...lags.map(({ bytes }) => bytes)),
        };
      }),
  };
}
