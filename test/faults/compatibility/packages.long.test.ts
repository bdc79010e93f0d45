import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { currentPackages, hostArchitecture } from '../../../layers/debian/debian-packages.ts';
import { debianMajors, POSTGRESQL_SUITES } from '../../../layers/debian/postgresql.ts';
import { runTool } from '../../../layers/debian/tool.ts';
import { LEFT_ASIDE } from '../../../layers/extensions/left-aside.ts';
import { PACKAGES } from '../../../layers/extensions/packages.ts';
import { testStateDir } from '../../support/servers/ceph.ts';

/** Debian changes: what it has now is what the table must say. */
test.each(debianMajors)('Debian has for PostgreSQL %i what the table says, and nothing else', async (major) => {
  const [suite, architecture] = [POSTGRESQL_SUITES[major], hostArchitecture()];
  const cacheDir = join(resolve(testStateDir), 'debian');
  await currentPackages({
    ...{ suite, architecture, packages: [`postgresql-${major}`], cacheDir },
    mirror: process.env.DEBIAN_MIRROR,
  });
  const APT_CONFIG = join(cacheDir, `${suite}-${architecture}`, 'apt.conf');
  const { stdout } = await runTool('apt-cache', ['pkgnames'], { env: { ...process.env, APT_CONFIG } });
  const names = stdout.split('\n');
  const table = PACKAGES.filter(({ majors }) => majors.includes(major)).map(({ name }) =>
    name.replace('*', String(major)),
  );
  expect(table.filter((name) => !names.includes(name))).toEqual([]);
  const aside = Object.keys(LEFT_ASIDE).map((name) => `postgresql-${major}-${name}`);
  const ofMajor = new RegExp(`^postgresql-(${major}-.*|pl\\w+-${major})$`);
  const unknown = names.filter((name) => ofMajor.test(name) && !name.endsWith('-dbgsym'));
  expect(unknown.filter((name) => !table.includes(name) && !aside.includes(name))).toEqual([]);
});
