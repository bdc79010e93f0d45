import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { hostArchitecture, unpackDebianPackages } from '../../../layers/debian/debian-packages.ts';
import { type DebianMajor, POSTGRESQL_SUITES } from '../../../layers/debian/postgresql.ts';
import { clientBin } from '../world/client-folder.ts';
import { testStateDir } from './ceph.ts';

/** What a restore adds to a base backup, or changes of it. */
const OF_RECOVERY = ['postgresql.auto.conf', 'recovery.signal', 'pgvouch-recovery', 'tablespace_map'];

/**
 * PostgreSQL's own word on the files of a base backup: every one is there, with its size and its checksum.
 *
 * @throws with what it found
 * @see https://www.postgresql.org/docs/current/app-pgverifybackup.html
 */
export async function verifyBackup(major: DebianMajor, dataDir: string): Promise<void> {
  const [program, ...args] = await stockClient(major, 'pg_verifybackup');
  const ignored = OF_RECOVERY.map((name) => `--ignore=${name}`);
  execFileSync(program, [...args, '--no-parse-wal', '--quiet', ...ignored, dataDir], { stdio: 'pipe' });
}

/** The command line of a client program that pgvouch itself does not use. */
export async function stockClient(major: DebianMajor, name: string): Promise<[program: string, ...args: string[]]> {
  const into = path.resolve(testStateDir, `test-verifybackup-${major}`);
  await unpackDebianPackages({
    ...{ suite: POSTGRESQL_SUITES[major], architecture: hostArchitecture(), packages: [`postgresql-client-${major}`] },
    ...{ into, keep: (file) => file.startsWith('postgresql-client-') },
    ...{ cacheDir: path.join(testStateDir, 'debian'), mirror: process.env.DEBIAN_MIRROR },
  });
  // The libraries of the other client programs do for it.
  const libraries = path.join(clientBin(major), '../lib');
  const loader = readdirSync(libraries).find((one) => one.startsWith('ld-linux')) ?? '';
  const program = path.join(into, `usr/lib/postgresql/${major}/bin/${name}`);
  return [path.join(libraries, loader), '--inhibit-cache', '--library-path', libraries, program];
}
