import { readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { PgClientManifest } from '../../layers/build/pg-client/layer.ts';
import type { DebianPackage } from '../../layers/debian/debian-packages.ts';
import { findLibraries } from '../../layers/debian/elf.ts';

/**
 * Lets the client programs of one major run with the libraries of another, of a later release of Debian, and removes their
 * own. The names of libraries stand for their interfaces: later ones have all that programs of before were linked with, as
 * postgresql.org's packages have one libpq for all majors. The folders may be moved together afterwards.
 *
 * @param folder - of the clients, one directory a major
 * @returns the packages that are left of the major
 * @throws Error if the other libraries lack one that the programs need
 */
export async function shareLibraries(folder: string, major: number, lender: number): Promise<DebianPackage[]> {
  const home = path.join(folder, String(major));
  const file = path.join(home, 'manifest.json');
  const manifest: PgClientManifest = JSON.parse(await readFile(file, 'utf8'));
  const programs = manifest.programs.map((program) => path.join(home, 'libexec', program));
  const libraries = await findLibraries(programs, [path.join(folder, String(lender), 'lib')]);
  await rm(path.join(home, 'lib'), { recursive: true });
  await symlink(path.join('..', String(lender), 'lib'), path.join(home, 'lib'));
  const isProgram = ({ name }: DebianPackage) => name.startsWith('postgresql-client-');
  for (const { name } of manifest.packages.filter((one) => !isProgram(one))) {
    await rm(path.join(home, 'licenses', name), { force: true });
  }
  const packages = manifest.packages.filter(isProgram);
  await writeFile(
    file,
    `${JSON.stringify({ ...manifest, packages, libraries: [...libraries.keys()].sort() }, null, 2)}\n`,
  );
  return packages;
}
