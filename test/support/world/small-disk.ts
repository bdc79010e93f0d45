import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, statfsSync } from 'node:fs';
import { onTestFinished } from 'vitest';

/** A file system of its own. */
export interface SmallDisk {
  readonly folder: string;
  /** Leaves so many bytes free, whatever is there. Nothing is written for it. */
  leave(bytes: number): void;
}

/** Only root may mount a file system, and in a container not even root. */
export function mayMount(): boolean {
  return process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0;
}

/** Mounts a file system in memory at a folder, which everybody may enter, until the test ends. */
export function smallDisk(folder: string, sizeBytes: number): SmallDisk {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'pgvouch-test', folder]);
  onTestFinished(() => void execFileSync('umount', ['--lazy', folder]));
  chmodSync(folder, 0o755);
  return {
    folder,
    leave(bytes) {
      const { bsize, blocks, bfree } = statfsSync(folder);
      execFileSync('mount', ['-o', `remount,size=${(blocks - bfree) * bsize + bytes}`, folder]);
    },
  };
}
