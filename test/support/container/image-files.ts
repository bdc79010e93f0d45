import { createHash } from 'node:crypto';
import { cp, lstat, mkdtemp, readdir, readFile, readlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { podman } from './podman.ts';

/** Copies the files of an image. @returns the folder, which the caller removes */
export async function copyFiles(image: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'pgvouch-files-'));
  await withFiles(image, (root) => cp(root, folder, { recursive: true, verbatimSymlinks: true }));
  return folder;
}

/** What an image consists of, a line for each file: path, mode, owner, time, and what it holds. */
export function listFiles(image: string): Promise<string[]> {
  return withFiles(image, async (root) => {
    const lines: string[] = [];
    for (const name of (await readdir(root, { recursive: true })).sort()) {
      lines.push(`${name} ${await factsOf(path.join(root, name))}`);
    }
    return lines;
  });
}

/** @returns by path, the machine that each program and library is for, in the numbers of elf(5) */
export function machinesOf(image: string): Promise<Map<string, number>> {
  return withFiles(image, async (root) => {
    const machines = new Map<string, number>();
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = path.join(entry.parentPath, entry.name);
      const content = await readFile(file);
      const isElf = content.length > 64 && content.readUInt32BE(0) === 0x7f454c46;
      if (isElf) machines.set(path.relative(root, file), content.readUInt16LE(18));
    }
    return machines;
  });
}

async function factsOf(file: string): Promise<string> {
  const stats = await lstat(file);
  const content = stats.isFile()
    ? createHash('sha256')
        .update(await readFile(file))
        .digest('hex')
    : '';
  const target = stats.isSymbolicLink() ? await readlink(file) : '';
  return [stats.mode.toString(8), stats.uid, stats.gid, stats.mtimeMs, content, target].join(' ');
}

async function withFiles<T>(image: string, work: (root: string) => Promise<T>): Promise<T> {
  const root = await podman('image', 'mount', image);
  try {
    return await work(root);
  } finally {
    await podman('image', 'unmount', image);
  }
}
