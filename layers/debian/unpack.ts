import { readlink, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { ConfigError } from '../backup/errors.ts';
import { runTool } from './tool.ts';

/**
 * Unpacks package files into one folder, in their order. No script of theirs runs, nothing is written outside of the folder,
 * and what is unpacked as root gives nobody root's rights: programs lose their set-user-ID and set-group-ID bits, and device
 * files, pipes and sockets are removed. Links lead where they would if the folder were the root directory.
 *
 * @param into - an empty folder that nobody else can read yet
 * @throws {@link ConfigError} if dpkg refuses a file
 */
export async function unpackFiles(files: readonly string[], into: string, signal?: AbortSignal): Promise<void> {
  for (const file of files) {
    const { exitCode, stderr } = await runTool('dpkg', ['-x', file, into], { signal });
    if (exitCode !== 0) throw unpackable(file, stderr);
    // Before the next package: it could write through a link that this one has.
    await keepLinksInside(into, signal);
  }
  const special = ['b', 'c', 'p', 's'].flatMap((type) => ['-o', '-type', type]).slice(1);
  for (const [what, ...args] of [
    ['device files', '(', ...special, ')', '-delete'],
    ['set-user-ID bits', '-type', 'f', '-perm', '/6000', '-exec', 'chmod', 'ug-s', '{}', '+'],
  ]) {
    const { exitCode, stderr } = await runTool('find', [into, ...args], { signal });
    if (exitCode !== 0) throw unpackable(into, `could not remove ${what}: ${stderr}`);
  }
}

async function keepLinksInside(folder: string, signal: AbortSignal | undefined): Promise<void> {
  const found = await runTool('find', [folder, '-type', 'l', '-print0'], { signal });
  if (found.exitCode !== 0) throw unpackable(folder, found.stderr);
  for (const link of found.stdout.split('\0').filter(Boolean)) {
    const parent = dirname(link);
    const target = await readlink(link);
    // `..` of the root directory is the root directory.
    const inside = resolve('/', relative(folder, parent), target);
    if (!target.startsWith('/') && resolve(parent, target) === join(folder, inside)) continue;
    await rm(link);
    await symlink(relative(parent, join(folder, inside)) || '.', link);
  }
}

function unpackable(file: string, stderr: string): ConfigError {
  return new ConfigError({ operation: 'unpack', subject: basename(file), problem: stderr.trim() || 'dpkg failed' });
}
