import { inject } from 'vitest';
import { installCephRgw } from '../../../events/offline/servers/ceph/install.ts';
import { runCeph } from '../../../events/offline/servers/ceph/programs.ts';
import { testStateDir } from './ceph.ts';

/**
 * Runs Ceph's own command for administrators.
 *
 * @param dataDir - of the bucket server; that of the run by default
 */
export async function cephAdmin(args: readonly string[], dataDir = inject('cephDataDir')): Promise<void> {
  const { root } = await installCephRgw({ stateDir: testStateDir, mirror: process.env.DEBIAN_MIRROR });
  const signal = AbortSignal.timeout(60_000);
  await runCeph({ root, dataDir }, 'radosgw-admin', ['-n', 'client.rgw.a', ...args], { signal });
}

/** Lets a bucket's lifecycle act once, as every day; a day of its rules has a second. */
export function runLifecycle(bucket: string): Promise<void> {
  return cephAdmin(['--rgw-lc-debug-interval=1', 'lc', 'process', `--bucket=${bucket}`]);
}
