import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Below it a link gains nothing, and scripts find their folders by their own path. */
const LEAST_BYTES = 32 * 1024;
const PT_LOAD = 1;

/**
 * Keeps one of files that are the same, and makes the others relative links to it: client programs and server of one major have
 * the same libraries. The folder may be moved afterwards.
 *
 * @returns the bytes that this gained
 */
export async function keepOnce(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const firsts = new Map<string, string>();
  let gained = 0;
  for (const file of files.sort()) {
    const { size, mode } = await stat(file);
    if (size < LEAST_BYTES) continue;
    const hash = createHash('sha256').update(await readFile(file));
    const content = `${hash.digest('hex')} ${mode}`;
    const first = firsts.get(content);
    if (first === undefined) {
      firsts.set(content, file);
      continue;
    }
    await rm(file);
    await symlink(path.relative(path.dirname(file), first), file);
    gained += size;
  }
  return gained;
}

/**
 * Writes a program without the names that only a debugger reads, as `strip` does, for any architecture: the kernel and the
 * loader read what the program headers name.
 *
 * @throws Error if the program is not a 64-bit little-endian ELF file
 * @see elf(5)
 */
export async function copyStripped(program: string, to: string): Promise<void> {
  const kept = stripped(await readFile(program));
  if (kept === undefined) throw new Error(`${program} is not a 64-bit little-endian ELF file`);
  await mkdir(path.dirname(to), { recursive: true });
  await writeFile(to, kept);
  await chmod(to, 0o755);
}

function stripped(file: Buffer): Buffer | undefined {
  if (file.length < 64 || file.readUInt32BE(0) !== 0x7f454c46 || file[4] !== 2 || file[5] !== 1) return undefined;
  const start = Number(file.readBigUInt64LE(32));
  const ends = Array.from({ length: file.readUInt16LE(56) }, (_, index) => {
    const at = start + index * file.readUInt16LE(54);
    if (file.readUInt32LE(at) !== PT_LOAD) return 0;
    return Number(file.readBigUInt64LE(at + 8) + file.readBigUInt64LE(at + 32));
  });
  const kept = Buffer.from(file.subarray(0, Math.max(...ends)));
  // The table of sections lay behind that.
  kept.writeBigUInt64LE(0n, 40);
  kept.fill(0, 60, 64);
  return kept;
}
