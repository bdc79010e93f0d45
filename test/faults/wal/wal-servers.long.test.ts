import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { runtimeEnvironment } from '../../../layers/settings/functions.ts';
import { installationOf } from '../../support/servers/installations.ts';
import { startTestPostgres } from '../../support/servers/postgres.ts';
import { walWorld, writeWal } from '../../support/world/wal-world.ts';
import { bundleWal, startWal } from './wal-process.ts';

/** Whatever a segment's size is: that of the WAL below is nothing once it is compressed. */
const MOST_MB = 128;
/** As deployed. */
const RUNTIME = runtimeEnvironment('wal');

let folder: string;
let bundle: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-wal-'));
  chmodSync(folder, 0o755);
  bundle = await bundleWal(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  { title: 'PostgreSQL 18, segments of 16 MB', segmentMb: 16, installation: async () => embeddedPostgres() },
  { title: 'PostgreSQL 18, segments of 64 MB', segmentMb: 64, installation: async () => withSegments(64) },
  { title: 'PostgreSQL 15', segmentMb: 16, installation: () => installationOf(15) },
  { title: 'PostgreSQL 16', segmentMb: 16, installation: () => installationOf(16) },
  { title: 'PostgreSQL 17', segmentMb: 16, installation: () => installationOf(17) },
])('$title: the same bytes, with memory that does not grow with them', async ({ title, segmentMb, installation }) => {
  const postgres = await startTestPostgres({ installation: await installation(), settings: { wal_keep_size: '4GB' } });
  try {
    const here = await walWorld(postgres, { segmentSizeBytes: segmentMb * 1024 ** 2 });
    const run = async (megabytes: number) => {
      await writeWal(postgres, megabytes);
      const startedAt = performance.now();
      const { exitCode, said } = await startWal(bundle, here.vault, postgres.target, RUNTIME).ended;
      expect({ exitCode, said }).toMatchObject({ exitCode: 0 });
      // The log may come after it.
      const line = said.split('\n').find((one) => one.includes('peakRssBytes')) ?? expect.unreachable(said);
      const answer = JSON.parse(line) as Record<string, number>;
      expect(answer).toMatchObject({ outcome: 'stored', caughtUp: true });
      return { ...answer, ms: Math.round(performance.now() - startedAt) } as Record<string, number>;
    };
    const few = await run(2 * segmentMb + 3);
    const many = await run(8 * segmentMb + 3);
    await here.expectSameBytes();
    const megabytes = ({ peakRssBytes = 0 }: Record<string, number>) => Math.round(peakRssBytes / 1e6);
    console.log(title, { fewMb: megabytes(few), manyMb: megabytes(many), manyMs: many.ms, walBytes: many.walBytes });
    expect(megabytes(many)).toBeLessThan(MOST_MB);
  } finally {
    await postgres.end();
  }
});

/** An installation whose initdb makes clusters with segments of that size. */
function withSegments(megabytes: number): string {
  const real = embeddedPostgres();
  const here = path.join(folder, `segments-${megabytes}`);
  mkdirSync(path.join(here, 'bin'), { recursive: true });
  for (const part of ['lib', 'share']) symlinkSync(path.join(real, part), path.join(here, part));
  writeFileSync(path.join(here, 'bin/postgres'), `#!/bin/sh\nexec '${real}/bin/postgres' "$@"\n`);
  writeFileSync(
    path.join(here, 'bin/initdb'),
    `#!/bin/sh\nexec '${real}/bin/initdb' --wal-segsize=${megabytes} "$@"\n`,
  );
  for (const part of ['.', 'bin', 'bin/postgres', 'bin/initdb']) chmodSync(path.join(here, part), 0o755);
  return here;
}
