import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { hostArchitecture, type Suite, unpackDebianPackages } from '../../../layers/debian/debian-packages.ts';
import { testStateDir } from '../../support/servers/ceph.ts';
import { quoted } from '../measure/run.ts';

/** A program of Debian's that is measured beside ours. */
export interface Rival {
  /** The beginning of its command line. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** As Debian counts it. */
  readonly version: string;
}

const TRIPLETS = { amd64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };

/** `mc`, MinIO's client. */
export async function minioClient(): Promise<Rival> {
  const { folder, loaded, version } = await unpacked('minio-client');
  return { argv: loaded('mc', path.join(folder, 'usr/bin/minio-client')), env: {}, version };
}

/** `aws`, Amazon's own, under Debian's Python. */
export async function awsClient(): Promise<Rival> {
  const { folder, loaded, version } = await unpacked('awscli');
  const python = loaded('aws', path.join(folder, 'usr/bin/python3'));
  const env = {
    PYTHONHOME: path.join(folder, 'usr'),
    PYTHONPATH: path.join(folder, 'usr/lib/python3/dist-packages'),
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  return { argv: [...python, path.join(folder, 'usr/bin/aws')], env, version };
}

/**
 * A folder of programs of PostgreSQL 18's and pgBackRest's, from the release that has them for each other: start them by
 * their paths there. pgBackRest starts itself again, and finds itself there.
 *
 * @param into - the folder, which is filled
 */
export async function postgresRivals(into: string): Promise<{ readonly pgbackrest: string }> {
  const { folder, loaded, version } = await unpacked('pgbackrest', {
    ...{ suite: 'forky', packages: ['pgbackrest', 'postgresql-18', 'postgresql-client-18'] },
    keep: (file) => /^(pgbackrest|postgresql-(client-)?18|lib|zlib1g)_?/.test(file),
  });
  for (const file of ['pgbackrest', ...['pgbench', 'pg_receivewal', 'pg_basebackup'].map((name) => `${BIN}/${name}`)]) {
    const program = path.join(into, path.basename(file));
    const command = loaded(program, path.join(folder, file === 'pgbackrest' ? 'usr/bin/pgbackrest' : file));
    writeFileSync(program, `#!/bin/sh\nexec ${quoted(command)} "$@"\n`, { mode: 0o755 });
  }
  return { pgbackrest: version };
}

const BIN = 'usr/lib/postgresql/18/bin';

interface Packages {
  readonly suite?: Suite;
  /** By default the one of that name. */
  readonly packages?: readonly string[];
  readonly keep?: (file: string) => boolean;
}

/** Debian's packages lie in the state directory as the bucket server does: nothing of the system is touched. */
async function unpacked(name: string, { suite = 'trixie', packages: asked = [name], keep }: Packages = {}) {
  const architecture = hostArchitecture();
  const folder = path.join(testStateDir, `bench-${name}-${architecture}`);
  const { packages } = await unpackDebianPackages({
    ...{ suite, architecture, packages: asked, ...(keep && { keep }) },
    into: folder,
    cacheDir: path.join(testStateDir, 'debian'),
    mirror: process.env.DEBIAN_MIRROR,
  });
  const libraries = path.join(folder, 'usr/lib', TRIPLETS[architecture]);
  const loader = ['ld-linux-x86-64.so.2', 'ld-linux-aarch64.so.1']
    .map((file) => path.join(libraries, file))
    .find((file) => existsSync(file));
  if (loader === undefined) throw new Error(`no loader in ${libraries}`);
  const loaded = (program: string, file: string) => [loader, '--library-path', libraries, '--argv0', program, file];
  return { folder, loaded, version: packages.find((one) => one.name === name)?.version ?? '' };
}
