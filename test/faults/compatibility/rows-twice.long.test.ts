import { expect, test } from 'vitest';
import { hostArchitecture } from '../../../layers/debian/debian-packages.ts';
import { packagesFor } from '../../../layers/extensions/needs.ts';
import { libpqEnvironment } from '../../../layers/postgres/connect/connection.ts';
import { provideInstallation } from '../../../layers/scratch/installation.ts';
import { testStateDir } from '../../support/servers/ceph.ts';
import { startTestPostgres } from '../../support/servers/postgres.ts';
import { archiveOf, restore } from '../../support/world/archive.ts';
import { ownDrillPlace } from '../../support/world/drill-place.ts';
import { verifyIn } from '../../support/world/drill-run.ts';
import { restoreIt } from '../../support/world/restores.ts';
import { world } from '../../support/world/world.ts';

const debian = { cacheDir: testStateDir, mirror: process.env.DEBIAN_MIRROR };

test('PoWA of Debian 13 archives rows that CREATE EXTENSION makes, too: drills and restores bring each once', async () => {
  const { packages } = packagesFor(['powa'], 17);
  const { folder } = await provideInstallation({ major: 17, architecture: hostArchitecture(), packages, ...debian });
  const postgres = await startTestPostgres({ installation: folder, settings: { jit: 'off' } });
  try {
    const here = await world({ postgres });
    await here.sql('CREATE EXTENSION powa CASCADE; CREATE TABLE t AS SELECT 1 AS a');
    const before = await here.sql('SELECT * FROM powa_module_config ORDER BY srvid, module');
    const manifest = await here.dump();
    await postgres.createDatabase('stock');
    const stock = restore(await archiveOf(here.vault, manifest), libpqEnvironment(postgres.target, 'stock'));
    await expect(stock).rejects.toThrow(/duplicate key value violates unique constraint "powa_module_config_pkey"/);
    const verdict = await verifyIn(here, manifest, ownDrillPlace({ debian }), AbortSignal.timeout(300_000));
    expect(verdict).toMatchObject({ verdict: 'restorable' });
    const report = await restoreIt(here, { to: 'restored' });
    expect(report).toMatchObject({ differences: [], leftOut: [] });
    expect(await postgres.sql('restored', 'SELECT * FROM powa_module_config ORDER BY srvid, module')).toEqual(before);
  } finally {
    await postgres.end();
  }
});
