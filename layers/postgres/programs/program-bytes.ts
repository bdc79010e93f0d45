import { type ProgramRun, startProgram } from './child.ts';
import { openInlet } from './inlet.ts';

/** What a running program writes. */
export interface ProgramBytes {
  /**
   * Fills memory with what the program writes next.
   *
   * @param seen - called with every piece of it as it comes
   * @returns how many bytes came; fewer than there is room for only if the program has ended with exit code 0
   * @throws {@link DumpError} with exit code or signal and the end of its stderr
   * @throws {@link ConfigError} if the program cannot be started
   */
  fill(target: Buffer, seen: (bytes: Buffer) => void): Promise<number>;
  /** Kills the program if it still runs, and waits until it is gone. */
  end(): Promise<void>;
}

/** Starts a program whose output is long. Its end *is* the program's exit code 0: whatever else happens is thrown. */
export function programBytes(run: ProgramRun): ProgramBytes {
  const starting = start(run);
  starting.catch(() => {});
  return {
    async fill(target, seen) {
      const { inlet, program } = await starting;
      try {
        const filled = await inlet.fill(target, seen);
        if (filled < target.length) await program.succeeded;
        return filled;
      } catch (error) {
        // What the kill cut off says nothing; why the program was killed, its own end tells.
        if (run.signal?.aborted) await program.succeeded;
        throw error;
      }
    },
    async end() {
      const started = await starting.catch(() => undefined);
      await started?.program.end();
      started?.inlet.close();
    },
  };
}

async function start(run: ProgramRun) {
  const { inlet, outlet } = await openInlet();
  try {
    const program = startProgram(run, 'ignore', outlet);
    // A grandchild may hold the other end open when the program was killed.
    program.succeeded.catch(inlet.close);
    return { inlet, program };
  } finally {
    outlet.destroy();
  }
}
