/** Does one thing at a time: what comes while the last one is under way is left out. */
export function openOneAtATime() {
  let busy = false;
  const during = (done: Promise<void>) => {
    busy = true;
    void done.finally(() => {
      busy = false;
    });
  };
  return {
    /** Counts something that was begun elsewhere. */
    during,
    take(work: () => Promise<void>): void {
      if (!busy) during(work());
    },
  };
}
