import { basename, join } from 'node:path';
import { type Architecture, hostArchitecture, unpackDebianPackages } from '../../../layers/debian/debian-packages.ts';
import { locate, readElf } from '../../../layers/debian/elf.ts';
import { runTool, type ToolResult } from '../../../layers/debian/tool.ts';
import { testStateDir } from './ceph.ts';

const NAMES: Record<Architecture, string> = { amd64: 'x86_64', arm64: 'aarch64' };

/**
 * Debian's emulator of another machine's programs.
 *
 * @returns what runs one of them to its end, by its path and arguments
 */
export async function emulate(
  architecture: Architecture,
): Promise<(path: string, args: readonly string[]) => Promise<ToolResult>> {
  const [emulator = '', ...before] = await emulatorOf(architecture);
  return (path, args) => runTool(emulator, [...before, path, ...args]);
}

/** The command line that a program of another machine follows. */
export async function emulatorOf(architecture: Architecture): Promise<string[]> {
  const host = hostArchitecture();
  const dir = join(testStateDir, `qemu-user-bookworm-${host}`);
  await unpackDebianPackages({
    suite: 'bookworm',
    architecture: host,
    packages: ['qemu-user'],
    // The statically linked one is five times as large to download.
    keep: (file) => /^(qemu-user_|lib|zlib1g_)/.test(file) && !/^(libperl|libpython|libsystemd)/.test(file),
    into: dir,
    cacheDir: join(testStateDir, 'debian'),
    mirror: process.env.DEBIAN_MIRROR,
  });
  const libraryDirs = ['usr/lib', 'lib'].map((part) => join(dir, part, `${NAMES[host]}-linux-gnu`));
  const emulator = join(dir, 'usr/bin', `qemu-${NAMES[architecture]}`);
  const loader = await locate(basename((await readElf(emulator)).interpreter ?? ''), libraryDirs);
  if (loader === undefined) throw new Error(`${emulator} came without a loader`);
  return [loader, '--library-path', libraryDirs.join(':'), emulator];
}
