import path from 'node:path';
import { buildScratchLayer, type ScratchMajor } from '../../../layers/build/scratch-postgres/layer.ts';
import { hostArchitecture } from '../../../layers/debian/debian-packages.ts';
import { testStateDir } from './ceph.ts';
import { quickInstallation } from './quick-installation.ts';

/** The folder of an installation of PostgreSQL of a major, out of its scratch layer. */
export async function installationOf(major: ScratchMajor): Promise<string> {
  const { dir } = await buildScratchLayer({ major, architecture: hostArchitecture(), stateDir: testStateDir });
  return quickInstallation(path.join(dir, 'scratch-postgres'));
}

/** Servers to drill on of every major that client programs are of. */
export function drillInstallations(): Promise<string[]> {
  return Promise.all(([15, 17, 18] as const).map(installationOf));
}
