import type { DrillRoom, Scratch } from './scratch.ts';

/** A scratch server that starts while the archive is still being read. */
export interface Opening {
  /** @returns what {@link DrillRoom.open} gives; throws what that throws */
  scratch(): Promise<Scratch | string>;
  /** Ends the server if there is one, and gives up one that is not there yet. */
  close(): Promise<void>;
}

/**
 * Begins to open a drill's room: initdb and the start take a processor's second, and reading mostly waits for the bucket.
 * Whether that succeeds matters only to whoever asks for the server: a corrupt archive is found without one.
 */
export function beginToOpen(room: DrillRoom, signal: AbortSignal): Opening {
  const given = new AbortController();
  const scratch = room.open(AbortSignal.any([signal, given.signal]));
  scratch.catch(() => {});
  return {
    scratch: () => scratch,
    async close() {
      given.abort();
      const server = await scratch.catch(() => undefined);
      if (typeof server === 'object') await server.end();
    },
  };
}
