import { expect, test } from 'vitest';
import { clientBin } from '../../support/world/client-folder.ts';
import { ownDrillPlace } from '../../support/world/drill-place.ts';
import { expectNewestToBeProved, RESTORED, restoreOnto, TABLES } from '../../support/world/releases.ts';
import { world } from '../../support/world/world.ts';

test('Debian’s newest PostgreSQL 15 is backed up by programs that lack none of its repairs, proved in pieces, and restored by stock pg_restore', () =>
  expectNewestToBeProved(15));

test('an older client says what it is, its archive restores onto its server, and the verdict is honest', async () => {
  const here = await world({ pgDump: 'pg_dump-is-an-older-release', drillPlace: ownDrillPlace() });
  await here.sql(TABLES);
  const manifest = await here.dump();
  expect(manifest.client.version).toBe('18.0');
  expect(here.log.join('')).toContain('is older than its server');
  expect(await restoreOnto(here, manifest, clientBin(18))).toEqual(RESTORED);
  expect(await here.verify(manifest)).toMatchObject({
    verdict: 'restorable',
    reasons: [
      expect.stringContaining('compared equal'),
      expect.stringMatching(/^pg_dump 18\.0 is older than its server, PostgreSQL 18\.\d+\./),
    ],
  });
});
