import { expect, test } from 'vitest';
import { debianMajors } from '../../../layers/debian/postgresql.ts';
import { contribOf } from '../../../layers/extensions/contrib.ts';
import { LEFT_ASIDE } from '../../../layers/extensions/left-aside.ts';
import { packagesFor } from '../../../layers/extensions/needs.ts';
import { PACKAGES } from '../../../layers/extensions/packages.ts';
import { SERVER_PARTS } from '../../../layers/extensions/server-parts.ts';

test('an extension comes in one package of a major, and none that comes with the server does', () => {
  for (const major of debianMajors) {
    const names = PACKAGES.filter(({ majors }) => majors.includes(major)).flatMap(({ extensions }) => extensions);
    const all = [...names, ...contribOf(major)];
    expect(all.filter((name, index) => all.indexOf(name) !== index)).toEqual([]);
  }
});

test('every row names a package, majors and extensions', () => {
  for (const { name, majors, extensions } of PACKAGES) {
    expect(name).toMatch(/^(postgresql-(\*-)?[a-z0-9-]+(-\*)?|pgagent)$/);
    expect(majors.length).toBeGreaterThan(0);
    expect(extensions.filter((one) => !/^[a-z0-9_]+$/.test(one))).toEqual([]);
    expect(Object.keys(LEFT_ASIDE)).not.toContain(name.replace('postgresql-*-', ''));
  }
  expect(new Set(PACKAGES.flatMap(({ extensions }) => extensions)).size).toBeGreaterThan(90);
});

test('whatever is asked of a server is asked for an extension that it can have', () => {
  const known = [...PACKAGES.flatMap(({ extensions }) => extensions), ...debianMajors.flatMap(contribOf)];
  expect(Object.keys(SERVER_PARTS).filter((name) => !known.includes(name))).toEqual([]);
});

test('the packages of a backup’s extensions are those of one major, each once; the rest is named', () => {
  const names = ['plpgsql', 'hstore', 'postgis', 'postgis_raster', 'vector', 'plperl', 'pgagent', 'pg_ulid'];
  expect(packagesFor(names, 18)).toEqual({
    packages: ['pgagent', 'postgresql-18-pgvector', 'postgresql-18-postgis-3', 'postgresql-plperl-18'],
    lacking: ['pg_ulid'],
  });
  expect(packagesFor(names, 15).lacking).toEqual(['vector', 'pg_ulid']);
});
