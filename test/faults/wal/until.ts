const PATIENCE_MS = 120_000;

/** Waits for a fact, however slow the machine is, and gives up when it will never come. */
export async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  const givesUpAt = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > givesUpAt) throw new Error(`waited ${PATIENCE_MS / 1000} s in vain: ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}
