import { tmpdir } from 'node:os';
import { isAbsolute } from 'node:path';
import { LONGEST_PARENT_BYTES } from '../postgres/places/scratch-folder.ts';
import type { EnvironmentReader } from '../settings/environment.ts';
import type { DebianScratch } from './choose-server.ts';

/** Where scratch servers come from, and where they find disk. */
export interface ScratchPlace {
  /** PostgreSQL installations at hand; `/opt/scratch-postgres` on Lambda. */
  readonly installations: readonly string[];
  /** Where others are made, for what those lack; undefined where Debian's packages cannot be used. */
  readonly debian?: DebianScratch | undefined;
  readonly folder: string;
  /** How much of the room there they may take, where a limit is set that the file system does not tell; all by default. */
  readonly maxBytes?: number;
}

/**
 * The installations in `SCRATCH_POSTGRES_DIR` (folders, separated by colons) and those made in `SCRATCH_CACHE_DIR`, with at
 * most `DRILL_DISK_MB` of `DRILL_FOLDER`.
 */
export function readScratchPlace(read: EnvironmentReader): ScratchPlace {
  const installations = read.get('SCRATCH_POSTGRES_DIR') ?? '/opt/scratch-postgres';
  const cacheDir = read.get('SCRATCH_CACHE_DIR');
  const debian = cacheDir === undefined ? undefined : { cacheDir, mirror: read.get('DEBIAN_MIRROR') };
  const diskMb = read.get('DRILL_DISK_MB');
  return {
    ...{ installations: installations.split(':'), debian, folder: read.get('DRILL_FOLDER') ?? tmpdir() },
    ...(diskMb && { maxBytes: diskMb * 1_000_000 }),
  };
}

/** The scratch server's socket is in it: PostgreSQL needs an absolute path, the system a short one. */
export function checkScratchFolder(read: EnvironmentReader, folder: string): void {
  if (!isAbsolute(folder)) read.problem('DRILL_FOLDER (or TMPDIR) must be an absolute path');
  else if (Buffer.byteLength(folder) > LONGEST_PARENT_BYTES) {
    read.problem(
      `DRILL_FOLDER (or TMPDIR) must have at most ${LONGEST_PARENT_BYTES} bytes: pgvouch creates a socket in it`,
    );
  }
}
