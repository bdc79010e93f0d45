import { expect, test } from 'vitest';
import { lacksRepairs, shortVersion } from '../../../layers/backup/release.ts';
import { oldestRelease } from '../../support/servers/debian-postgres.ts';
import { installationOf } from '../../support/servers/installations.ts';
import { ownDrillPlace } from '../../support/world/drill-place.ts';
import { verifyIn } from '../../support/world/drill-run.ts';
import { expectNewestToBeProved, patched, RESTORED, restoreOnto, TABLES } from '../../support/world/releases.ts';
import { world } from '../../support/world/world.ts';

test.each([17, 18] as const)(
  'Debian’s newest PostgreSQL %s is backed up by programs that lack none of its repairs, proved in pieces, and restored by stock pg_restore',
  expectNewestToBeProved,
);

test('the oldest client at hand says what it is, its archive restores onto its server, and the verdict is honest', async () => {
  await patched(15, async (postgres) => {
    const { client: folder, server: installation } = await oldestRelease(15);
    const here = await world({
      postgres,
      clientFolders: [folder],
      drillPlace: ownDrillPlace({ installations: [installation] }),
    });
    await here.sql(TABLES);

    const manifest = await here.dump();
    const restored = await restoreOnto(here, manifest, folder);
    expect(restored).toEqual(RESTORED);
    const verdict = await here.verify(manifest);

    const isOlder = lacksRepairs(manifest.client.version, manifest.server.version);
    expect(here.log.join('').includes('is older than its server')).toBe(isOlder);
    if (!isOlder) return expect(verdict?.verdict).toBe('restorable');
    const reasons = verdict?.reasons.join(' ');
    expect(['restorable', 'readable']).toContain(verdict?.verdict);
    expect(reasons).toContain(
      `pg_dump ${manifest.client.version} is older than its server, PostgreSQL ${shortVersion(manifest.server.version)}.`,
    );
    const upToDate = ownDrillPlace({ installations: [await installationOf(15)] });
    const again = await here.dump(undefined, { firedAt: new Date(Date.now() + 1_000) });
    const proved = await verifyIn(here, again, upToDate, AbortSignal.timeout(100_000));
    expect(proved).toMatchObject({
      verdict: 'restorable',
      reasons: [expect.any(String), expect.stringContaining('is older than its server')],
    });
    // A scratch server as old as the client does not know what the server’s repairs brought.
    if (verdict?.verdict === 'readable')
      expect(reasons).toMatch(/The scratch server, PostgreSQL 15\.\d+, is older than 15\.\d+ and refused: /);
  });
});
