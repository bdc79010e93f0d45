import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/** What the dynamic loader would read of a program or library. */
export interface ElfFacts {
  /** The loader that the program asks for, by path; undefined for a library. */
  readonly interpreter: string | undefined;
  /** The libraries it is linked with, by soname. */
  readonly needed: readonly string[];
}

/**
 * Finds every library that some programs need, directly or through others, whatever machine they were built for:
 * `ldd` would have to run them.
 *
 * @param programs - paths of programs and libraries
 * @param libraryDirs - where to look, in this order
 * @param onMissing - takes what is in none of the directories; by default it throws an Error
 * @returns real paths by soname, without the programs themselves
 */
export async function findLibraries(
  programs: readonly string[],
  libraryDirs: readonly string[],
  onMissing: (soname: string, neededBy: string) => void = refuse,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const queue = [...programs];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    for (const soname of (await readElf(path)).needed) {
      if (found.has(soname)) continue;
      const library = await locate(soname, libraryDirs);
      if (library === undefined) {
        onMissing(soname, path);
        continue;
      }
      found.set(soname, library);
      queue.push(library);
    }
  }
  return found;
}

function refuse(soname: string, neededBy: string): never {
  throw new Error(`${neededBy} needs ${soname}, which no package contains`);
}

/** The real path of a file that lies in one of the directories, links followed. */
export async function locate(name: string, dirs: readonly string[]): Promise<string | undefined> {
  for (const dir of dirs) {
    const path = await realpath(join(dir, name)).catch(() => undefined);
    if (path !== undefined) return path;
  }
  return undefined;
}

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const DT_NEEDED = 1n;
const DT_STRTAB = 5n;

/**
 * Reads the program headers and the dynamic section of a 64-bit little-endian ELF file.
 *
 * @throws Error if the file is not one
 * @see elf(5)
 */
export async function readElf(path: string): Promise<ElfFacts> {
  const file = await readFile(path);
  if (file.length < 64 || file.readUInt32BE(0) !== 0x7f454c46 || file[4] !== 2 || file[5] !== 1) {
    throw new Error(`${path} is not a 64-bit little-endian ELF file`);
  }
  const headers = programHeaders(file);
  const offsetOf = (address: bigint): number => {
    const load = headers.find((h) => h.type === PT_LOAD && address >= h.address && address < h.address + h.size);
    if (load === undefined) throw new Error(`${path} points outside of itself`);
    return Number(load.offset + (address - load.address));
  };
  const interp = headers.find((h) => h.type === PT_INTERP);
  const dynamic = headers.find((h) => h.type === PT_DYNAMIC);
  const entries = dynamic === undefined ? [] : dynamicEntries(file, dynamic);
  const strings = entries.find(([tag]) => tag === DT_STRTAB)?.[1];
  const needed = strings === undefined ? [] : entries.filter(([tag]) => tag === DT_NEEDED);
  return {
    interpreter: interp && textAt(file, Number(interp.offset)),
    needed: needed.map(([, at]) => textAt(file, offsetOf(strings ?? 0n) + Number(at))),
  };
}

interface ProgramHeader {
  readonly type: number;
  readonly offset: bigint;
  readonly address: bigint;
  readonly size: bigint;
}

function programHeaders(file: Buffer): ProgramHeader[] {
  const start = Number(file.readBigUInt64LE(32));
  const entrySize = file.readUInt16LE(54);
  return Array.from({ length: file.readUInt16LE(56) }, (_, index) => {
    const at = start + index * entrySize;
    return {
      type: file.readUInt32LE(at),
      offset: file.readBigUInt64LE(at + 8),
      address: file.readBigUInt64LE(at + 16),
      size: file.readBigUInt64LE(at + 32),
    };
  });
}

function dynamicEntries(file: Buffer, { offset, size }: ProgramHeader): [tag: bigint, value: bigint][] {
  return Array.from({ length: Number(size) / 16 }, (_, index) => {
    const at = Number(offset) + index * 16;
    return [file.readBigUInt64LE(at), file.readBigUInt64LE(at + 8)];
  });
}

function textAt(file: Buffer, offset: number): string {
  return file.toString('utf8', offset, file.indexOf(0, offset));
}
