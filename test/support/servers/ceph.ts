import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findFreePort } from '../../../events/offline/machine/ports.ts';
import { installCephRgw } from '../../../events/offline/servers/ceph/install.ts';
import { type CephRgw, type CephStart, startCephRgw } from '../../../events/offline/servers/ceph/rgw.ts';

/** The project's own state directory: what it downloads is kept between runs. */
export const testStateDir = resolve(import.meta.dirname, '../../../.pgvouch');

/** How to reach a bucket server, as the AWS clients want it. Its topics (SNS) are at the same endpoint. */
export interface TestS3 {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface TestCeph {
  readonly s3: TestS3;
  readonly ceph: CephRgw;
  readonly dataDir: string;
  /** Kills it and removes what it stored. */
  end(): Promise<void>;
}

/**
 * A real S3 server of one's own, on a free port, in a temporary directory. For tests that break it; the others share
 * the one that `inject('s3')` names.
 */
export async function startTestCeph(options: Partial<CephStart> = {}): Promise<TestCeph> {
  const { root } = await installCephRgw({ stateDir: testStateDir, mirror: process.env.DEBIAN_MIRROR });
  const dataDir = await mkdtemp(join(tmpdir(), 'pgvouch-ceph-'));
  const keys = { accessKey: 'pgvouch-test', secretKey: 'pgvouch-test-secret' };
  const port = await findFreePort();
  const remove = () => rm(dataDir, { recursive: true, force: true });
  try {
    const ceph = await startCephRgw({ root, dataDir, port, ...keys, ...options });
    const { endpoint, region } = ceph;
    return {
      s3: { endpoint, region, accessKeyId: keys.accessKey, secretAccessKey: keys.secretKey },
      ceph,
      dataDir,
      async end() {
        await ceph.kill();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
