import { lstatSync, readdirSync } from 'node:fs';
import path from 'node:path';

export interface DiskWatch {
  /** Ends the watching and gives the most that was seen. */
  end(): number;
}

const EVERY_MS = 250;
/** What `st_blocks` counts in, whatever the file system's blocks are. @see stat(3type) */
const BLOCK_BYTES = 512;

/** Watches how much disk a folder takes, as `du` counts it. */
export function watchDisk(folder: string): DiskWatch {
  let peakBytes = 0;
  const look = () => {
    peakBytes = Math.max(peakBytes, usedBytes(folder));
  };
  look();
  const timer = setInterval(look, EVERY_MS);
  return {
    end() {
      clearInterval(timer);
      return peakBytes;
    },
  };
}

function usedBytes(file: string): number {
  try {
    const status = lstatSync(file);
    const inside = status.isDirectory() ? readdirSync(file).map((name) => usedBytes(path.join(file, name))) : [];
    return inside.reduce((sum, bytes) => sum + bytes, status.blocks * BLOCK_BYTES);
  } catch {
    return 0; // it went in between
  }
}
