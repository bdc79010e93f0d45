import { basename, join, resolve } from 'node:path';
import { hostArchitecture, unpackDebianPackages } from '../../../layers/debian/debian-packages.ts';
import { readElf } from '../../../layers/debian/elf.ts';
import { testStateDir } from './ceph.ts';

const TRIPLETS = { amd64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' } as const;

interface DebianProgramRequest {
  /** The package of Debian 13, whose dependencies come along. */
  readonly name: string;
  /** The program in it: `usr/bin/zstd`. */
  readonly file: string;
  /** Which package files to unpack; all by default. */
  readonly keep?: (debFileName: string) => boolean;
  /** Folders of libraries beside the usual one, below it. */
  readonly libraries?: readonly string[];
}

export interface DebianProgram {
  readonly root: string;
  readonly command: string;
  /** They come before the program's own. */
  readonly args: readonly string[];
  /** What must be entered to run it. */
  readonly file: string;
}

/** A program of Debian's, unpacked beside what else tests need, and run by its own loader and libraries. */
export async function debianProgram({
  name,
  file,
  keep,
  libraries = [],
}: DebianProgramRequest): Promise<DebianProgram> {
  const architecture = hostArchitecture();
  const root = join(resolve(testStateDir), `test-${name}-${architecture}`);
  await unpackDebianPackages({
    ...{ suite: 'trixie', architecture, packages: [name], into: root, ...(keep && { keep }) },
    ...{ cacheDir: join(testStateDir, 'debian'), mirror: process.env.DEBIAN_MIRROR },
  });
  const program = join(root, file);
  const usual = join(root, 'usr/lib', TRIPLETS[architecture]);
  const command = join(usual, basename((await readElf(program)).interpreter ?? ''));
  const folders = [usual, ...libraries.map((folder) => join(usual, folder))].join(':');
  return { root, command, args: ['--inhibit-cache', '--library-path', folders, program], file: program };
}
