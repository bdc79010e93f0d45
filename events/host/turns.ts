export type Turns = ReturnType<typeof openTurns>;

/** Lets so many work at once; the others wait for their turn, first come first served. */
export function openTurns(atOnce: number) {
  const waiting: (() => void)[] = [];
  let free = atOnce;
  return {
    /** Works when it is its turn. */
    async take<T>(work: () => Promise<T>): Promise<T> {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else free += 1;
      }
    },
  };
}
