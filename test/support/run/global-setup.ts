import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TestProject } from 'vitest/node';
import { buildPgClientLayer, pgClientMajors } from '../../../layers/build/pg-client/layer.ts';
import { hostArchitecture } from '../../../layers/debian/debian-packages.ts';
import { bundleAhead } from '../../../layers/modules/load-typescript.mjs';
import { FUNCTION_NAMES } from '../../../layers/settings/functions.ts';
import { startTestCeph, type TestS3, testStateDir } from '../servers/ceph.ts';
import { keepClustersIn } from '../servers/quick-installation.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The bucket server of this run; every test file makes its own bucket in it. */
    s3: TestS3;
    /** What it keeps, for its own programs. */
    cephDataDir: string;
    /** Each holds `<major>/bin/{pg_dump,pg_restore,pg_dumpall,psql}`, for this machine. */
    pgClientRoots: string[];
    /** Removed after the run. */
    runFolder: string;
  }
}

/** Tests are of the newest programs: security releases must not go by unseen where a checkout is kept. */
const A_DAY_MS = 86_400_000;

/** What tests start as processes. Each would bundle it for itself, several of them at once. */
const PROGRAMS = [
  ...['events/cli/main.ts', 'events/serve/main.ts', 'events/serve/set-up.ts', 'events/offline/stack.ts'],
  ...FUNCTION_NAMES.map((name) => `functions/${name}/handler.ts`),
];

/**
 * Once for the whole run: one real S3 server, and PostgreSQL's client programs.
 *
 * @returns what ends it after the last test
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const mirror = process.env.DEBIAN_MIRROR;
  const [ceph, _, ...layers] = await Promise.all([
    startTestCeph({ cache: true }),
    bundleAhead(PROGRAMS.map((file) => pathToFileURL(file))),
    ...pgClientMajors.map((major) =>
      buildPgClientLayer({
        ...{ major, architecture: hostArchitecture(), stateDir: testStateDir, mirror },
        lookEveryMs: A_DAY_MS,
      }),
    ),
  ]);
  project.provide('s3', ceph.s3);
  project.provide('cephDataDir', ceph.dataDir);
  project.provide(
    'pgClientRoots',
    layers.map(({ root }) => root),
  );
  const folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-run-'));
  chmodSync(folder, 0o711);
  project.provide('runFolder', folder);
  keepClustersIn(path.join(folder, 'clusters'));
  return async () => {
    await ceph.end();
    // Servers of workers end a moment after them, and may be writing still.
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  };
}
