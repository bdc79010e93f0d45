import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { NOBODY } from './daemon.ts';

/** A folder for one drill. */
export interface ScratchFolder {
  readonly folder: string;
  /** Removes it with all that is in it. */
  remove(): void;
}

const NAME = /^(pgvouch-drill-[^.]+)(\.owner)?$/;
/** A socket's path may have 107 bytes: `/pgvouch-drill-0123456789ab/.s.PGSQL.5432` is the longest below this. */
export const LONGEST_PARENT_BYTES = 107 - 41;

/**
 * Makes a folder for one drill, and removes those of processes that ended without removing theirs: a copy of somebody's
 * data must not stay because we were killed.
 *
 * Beside each folder is a socket on which its owner listens for as long as it lives. The kernel knows that in whatever
 * container we are, where the numbers of processes mean nothing.
 *
 * @param parent - where there is disk; an absolute path of at most {@link LONGEST_PARENT_BYTES}
 */
export async function makeScratchFolder(parent: string): Promise<ScratchFolder> {
  await removeAbandoned(parent);
  const folder = path.join(parent, `pgvouch-drill-${randomBytes(6).toString('hex')}`);
  const owner = createServer((socket) => socket.destroy());
  const newborn = path.join(parent, `.${path.basename(folder)}`);
  owner.listen(newborn);
  await once(owner, 'listening');
  owner.on('error', () => {});
  owner.unref();
  // Under its name only now, and the folder after it: nobody may take it for abandoned before somebody listens.
  renameSync(newborn, ownerOf(folder));
  mkdirSync(folder, { mode: 0o700 });
  if (process.getuid?.() === 0) chownSync(folder, NOBODY, NOBODY);
  return {
    folder,
    remove() {
      // A session that was killed may still be writing when its folder is listed.
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 20 });
      owner.close();
      rmSync(ownerOf(folder), { force: true });
    },
  };
}

async function removeAbandoned(parent: string): Promise<void> {
  const names = readdirSync(parent).flatMap((name) => NAME.exec(name)?.[1] ?? []);
  for (const name of new Set(names)) {
    const folder = path.join(parent, name);
    if (await isOwned(folder)) continue;
    try {
      rmSync(folder, { recursive: true, force: true });
      rmSync(ownerOf(folder), { force: true });
    } catch (error) {
      // Another user's, who alone may.
      if (!['EACCES', 'EPERM'].includes((error as { code?: string }).code ?? '')) throw error;
    }
  }
}

/** Only that nobody listens, or that there is no socket, is sure: one that cannot be asked may be owned. */
async function isOwned(folder: string): Promise<boolean> {
  const socket = connect(ownerOf(folder));
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    return !['ECONNREFUSED', 'ENOENT'].includes((error as { code?: string }).code ?? '');
  } finally {
    socket.destroy();
  }
}

function ownerOf(folder: string): string {
  return `${folder}.owner`;
}
