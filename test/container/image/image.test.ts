import { expect, test } from 'vitest';
import { hostArchitecture } from '../../../layers/debian/debian-packages.ts';
import { expectDescribed } from '../../support/container/image-facts.ts';
import { IMAGE, OWN_IMAGE } from '../../support/container/images.ts';
import { LIMITS, podman } from '../../support/container/podman.ts';

/** What tests build lacks 20 MB of Debian's slim image. */
const MOST_BYTES = IMAGE === OWN_IMAGE ? 380e6 : 400e6;

test('the image is small, says what it is, and starts the service as nobody in particular', () =>
  expectDescribed(IMAGE, hostArchitecture(), MOST_BYTES));

test('what is in it: the programs of three majors, scratch servers of two, a list of all; nothing to build or install with', async () => {
  const script = `
    for major in 15 17 18; do /opt/pg-client/$major/bin/pg_dump --version; done
    for major in 17 18; do /opt/scratch-postgres/$major/bin/postgres --version; done
    id --name --user
    for program in npm npx gcc make python3 psql; do command -v $program; done
    ls /opt
    find /src /var/lib/apt/lists /var/cache/apt -type f ! -name lock 2>/dev/null
    find / -xdev -name node_modules -o -xdev -name '*.ts'
    grep -c 'BEGIN CERTIFICATE' /etc/ssl/certs/ca-certificates.crt
    cat /usr/share/doc/pgvouch/sbom.cdx.json`;
  const said = await podman('run', '--rm', ...LIMITS, '--network', 'none', '--entrypoint', 'sh', IMAGE, '-c', script);
  const at = said.indexOf('{');
  const lines = said.slice(0, at).trim().split('\n');
  expect(lines.slice(0, 6)).toEqual([
    ...[15, 17, 18].map((major) => expect.stringMatching(`^pg_dump \\(PostgreSQL\\) ${major}\\.`)),
    ...[17, 18].map((major) => expect.stringMatching(`^postgres \\(PostgreSQL\\) ${major}\\.`)),
    'pgvouch',
  ]);
  expect(lines.slice(6)).toEqual([...['pg-client', 'pgvouch', 'scratch-postgres'], expect.stringMatching(/^\d{2,}$/)]);
  const { components } = JSON.parse(said.slice(at));
  const purls: string[] = components.map(({ purl }: { purl: string }) => purl);
  for (const purl of [
    'pkg:npm/pg@',
    'pkg:deb/debian/postgresql-client-15@',
    'pkg:deb/debian/postgresql-17@',
    'pkg:deb/debian/postgresql-18@',
    'pkg:deb/debian/tini@',
  ]) {
    expect(purls.filter((one) => one.startsWith(purl))).toHaveLength(1);
  }
});
