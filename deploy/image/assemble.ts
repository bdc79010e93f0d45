import { chmod, copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { PgvouchError } from '../../layers/backup/errors.ts';
import { buildPgClientLayer, pgClientMajors } from '../../layers/build/pg-client/layer.ts';
import { copyServer } from '../../layers/build/scratch-postgres/debian-server.ts';
import { gatherServer } from '../../layers/build/scratch-postgres/gather.ts';
import { type DebianPackage, unpackDebianPackages } from '../../layers/debian/debian-packages.ts';
import { POSTGRESQL_SUITES } from '../../layers/debian/postgresql.ts';
import { useCache } from '../../layers/scratch/cache-use.ts';
import { type ImageOptions, readImageOptions } from './options.ts';
import { debianComponents, type FoundPackage } from './sbom.ts';
import { shareLibraries } from './share-libraries.ts';
import { copyStripped, keepOnce } from './slim.ts';

/**
 * Puts together what the image has beside its base and the package: Node, PostgreSQL's programs, the scratch servers, an init,
 * certificates, and a list of its packages. Runs none of these programs, so any machine can assemble an image for either
 * architecture.
 */
const IMAGE_SUITE = 'trixie';

try {
  const { values } = parseArgs({
    options: { into: { type: 'string' }, node: { type: 'string' }, sbom: { type: 'string' } },
  });
  const into = values.into ?? 'image';
  await assemble(readImageOptions(process.env), into, values.sbom);
  if (values.node !== undefined) await copyStripped(values.node, path.join(into, 'usr/local/bin/node'));
} catch (error) {
  if (!(error instanceof PgvouchError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function assemble(options: ImageOptions, into: string, sbomFile: string | undefined): Promise<void> {
  const packages = [
    ...(await addClients(options, path.join(into, 'opt/pg-client'))),
    ...(await addScratchServers(options, path.join(into, 'opt/scratch-postgres'))),
    ...(await addSystemFiles(options, into)),
  ];
  await keepOnce(path.join(into, 'opt'));
  if (sbomFile === undefined) return;
  const sbom = JSON.parse(await readFile(sbomFile, 'utf8'));
  const components = [...sbom.components, ...debianComponents(packages, options.architecture)];
  const folder = path.join(into, 'usr/share/doc/pgvouch');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'sbom.cdx.json'), `${JSON.stringify({ ...sbom, components }, null, 2)}\n`);
}

async function addClients(build: ImageOptions, into: string): Promise<FoundPackage[]> {
  const found = new Map<number, FoundPackage[]>();
  for (const major of pgClientMajors) {
    const { root, manifest } = await buildPgClientLayer({ ...build, major });
    await cp(path.join(root, String(major)), path.join(into, String(major)), { recursive: true });
    found.set(major, inSuite(manifest.packages, manifest.suite));
  }
  // Those of bookworm are most of what its client has.
  found.set(15, inSuite(await shareLibraries(into, 15, 17), POSTGRESQL_SUITES[15]));
  return [...found.values()].flat();
}

async function addScratchServers(build: ImageOptions, into: string): Promise<FoundPackage[]> {
  const found: FoundPackage[] = [];
  const use = await useCache(build.stateDir);
  try {
    for (const major of build.majors) {
      const parts = await gatherServer({ ...build, major });
      await copyServer({ ...build, ...parts, major }, path.join(into, String(major)));
      found.push(...inSuite(parts.packages, POSTGRESQL_SUITES[major]));
    }
  } finally {
    await use.end();
  }
  return found;
}

/** An init that reaps, and the certificates that OpenSSL asks for. Debian's script for them is not run: it only joins files. */
async function addSystemFiles({ architecture, stateDir, mirror }: ImageOptions, into: string): Promise<FoundPackage[]> {
  await mkdir(stateDir, { recursive: true });
  const folder = await mkdtemp(path.join(stateDir, 'image-'));
  try {
    const { packages } = await unpackDebianPackages({
      ...{ suite: IMAGE_SUITE, architecture, mirror, cacheDir: path.join(stateDir, 'debian') },
      packages: ['tini', 'ca-certificates'],
      keep: (file) => /^(tini|ca-certificates)_/.test(file),
      into: path.join(folder, 'unpacked'),
      what: 'init and certificates',
    });
    const from = path.join(folder, 'unpacked');
    for (const part of ['usr/bin', 'etc/ssl/certs']) await mkdir(path.join(into, part), { recursive: true });
    await copyFile(path.join(from, 'usr/bin/tini-static'), path.join(into, 'usr/bin/tini'));
    await chmod(path.join(into, 'usr/bin/tini'), 0o755);
    const mozilla = path.join(from, 'usr/share/ca-certificates/mozilla');
    const names = (await readdir(mozilla)).filter((name) => name.endsWith('.crt')).sort();
    const certificates = await Promise.all(names.map((name) => readFile(path.join(mozilla, name), 'utf8')));
    await writeFile(path.join(into, 'etc/ssl/certs/ca-certificates.crt'), certificates.join(''));
    for (const { name } of packages) {
      const doc = path.join(into, 'usr/share/doc', name);
      await mkdir(doc, { recursive: true });
      await copyFile(path.join(from, 'usr/share/doc', name, 'copyright'), path.join(doc, 'copyright'));
    }
    return inSuite(packages, IMAGE_SUITE);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function inSuite(packages: readonly DebianPackage[], suite: string): FoundPackage[] {
  return packages.map((one) => ({ ...one, suite }));
}
