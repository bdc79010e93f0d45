import { existsSync } from 'node:fs';
import { appendFile, chmod, chown, mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError, PgvouchError, PolicyError, textOf } from '../backup/errors.ts';
import { freeBytes } from '../postgres/places/free-space.ts';
import type { Owner } from '../postgres/programs/child.ts';
import { writeWhole } from './write-whole.ts';

/** What a folder that will hold a cluster's files is like. */
export interface Place extends Owner {
  readonly folder: string;
  /** Takes away all that is in it, and the folder itself if it was made here. */
  clear(): Promise<void>;
}

/**
 * Makes a folder ready for a cluster's files: its own, empty, and closed to others, as PostgreSQL demands. What will be
 * in it belongs to whom the folder belongs to.
 *
 * @throws {@link PolicyError} if something is in it, {@link ConfigError} if the disk is short, or it cannot be made or entered
 */
export async function preparePlace(folder: string, contentBytes: number): Promise<Place> {
  try {
    return await prepare(folder, contentBytes);
  } catch (error) {
    if (error instanceof PgvouchError) throw error;
    throw refused(folder, textOf(error), 'name a folder that you may make and write', error);
  }
}

async function prepare(folder: string, contentBytes: number): Promise<Place> {
  const isThere = existsSync(folder);
  if (isThere && (await readdir(folder)).length > 0) {
    throw new PolicyError({
      operation: 'restore into',
      subject: folder,
      problem: 'something is in it',
      hint: 'name a folder that is empty or does not exist yet; pgvouch removes nothing that it did not put there',
    });
  }
  const free = freeBytes(isThere ? folder : nearestFolder(folder));
  if (contentBytes > free) {
    const problem = `the cluster's files have ${contentBytes} bytes, but only ${free} are free there`;
    throw refused(folder, problem, 'name a folder with more room');
  }
  if (!isThere) await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700);
  const { uid, gid } = await stat(folder);
  return {
    ...{ folder, uid, gid },
    async clear() {
      for (const name of await readdir(folder)) await rm(path.join(folder, name), { recursive: true, force: true });
      if (!isThere) await rm(folder, { recursive: true, force: true });
    },
  };
}

function refused(subject: string, problem: string, hint: string, cause?: unknown): ConfigError {
  return new ConfigError({ operation: 'restore into', subject, problem, hint, cause });
}

/** Writes a file, or adds to it, as whom the cluster belongs to. */
export async function writeOwned(
  { folder, uid, gid }: Place,
  name: string,
  text: string | Buffer,
  { add = false, mode = 0o600 }: { readonly add?: boolean; readonly mode?: number } = {},
): Promise<void> {
  const file = path.join(folder, name);
  if (add) await appendFile(file, text, { mode });
  else await writeWhole(file, text, { mode, hint: 'name a folder with more room' });
  if (process.getuid?.() === 0) await chown(file, uid, gid);
}

export async function makeOwned({ folder, uid, gid }: Place, name: string): Promise<void> {
  const made = path.join(folder, name);
  await mkdir(made, { mode: 0o700 });
  if (process.getuid?.() === 0) await chown(made, uid, gid);
}

function nearestFolder(folder: string): string {
  return existsSync(folder) ? folder : nearestFolder(path.dirname(folder));
}
