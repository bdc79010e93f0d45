import { join } from 'node:path';
import type { Architecture, Suite } from './debian-packages.ts';

/** The majors of PostgreSQL that Debian has, and the suite that each is taken from. */
export const POSTGRESQL_SUITES = { 15: 'bookworm', 17: 'trixie', 18: 'forky' } as const satisfies Record<number, Suite>;
export type DebianMajor = keyof typeof POSTGRESQL_SUITES;
export const debianMajors = [15, 17, 18] as const satisfies readonly DebianMajor[];

const TRIPLETS: Record<Architecture, string> = { amd64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };

/** Where unpacked packages have their libraries and the loader, in the loader's own order. @see ld.so(8) */
export function libraryFolders(root: string, architecture: Architecture): string[] {
  const triplet = TRIPLETS[architecture];
  return [`lib/${triplet}`, `usr/lib/${triplet}`, 'lib', 'usr/lib'].map((folder) => join(root, folder));
}
