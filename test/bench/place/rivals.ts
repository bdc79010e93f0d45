import { existsSync } from 'node:fs';
import path from 'node:path';
import { hostArchitecture, unpackDebianPackages } from '../../../layers/debian/debian-packages.ts';
import { testStateDir } from '../../support/servers/ceph.ts';

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

/** Debian's packages lie in the state directory as the bucket server does: nothing of the system is touched. */
async function unpacked(name: string) {
  const architecture = hostArchitecture();
  const folder = path.join(testStateDir, `bench-${name}-${architecture}`);
  const { packages } = await unpackDebianPackages({
    suite: 'trixie',
    architecture,
    packages: [name],
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
