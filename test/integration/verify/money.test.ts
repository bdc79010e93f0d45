import { expect, test } from 'vitest';
import { installationWithLocales } from '../../support/servers/installations.ts';
import { startTestPostgres } from '../../support/servers/postgres.ts';
import { ownDrillPlace, serverPlace } from '../../support/world/drill-place.ts';
import { verifyIn } from '../../support/world/drill-run.ts';
import { restoreIt } from '../../support/world/restores.ts';
import { sharedPostgres, world } from '../../support/world/world.ts';

test('amounts of money are read as they were written, or what the server lacks is said', async () => {
  const german = await installationWithLocales(15, ['de_DE.UTF-8']);
  const postgres = await startTestPostgres({ ...german, settings: { lc_monetary: 'de_DE.UTF-8' } });
  try {
    const here = await world({ postgres, drillPlace: serverPlace(postgres.target) });
    await here.sql(
      `CREATE TABLE price AS SELECT 1234.5::numeric::money AS one; INSERT INTO price VALUES (1.5::numeric::money)`,
    );
    const [written] = await here.sql<{ one: string }>('SELECT one FROM price LIMIT 1');
    expect(written?.one).toMatch(/^1\.?234,50 €$/);
    const manifest = await here.dump(undefined, { fingerprints: true });
    expect(manifest.source.monetary).toBe('de_DE.UTF-8');
    const lacking =
      'The server lacks the locale de_DE.UTF-8, in which the archive writes amounts of type money: they may be refused or come back as others.';
    expect(await verifyIn(here, manifest, ownDrillPlace(), AbortSignal.timeout(100_000))).toMatchObject({
      ...{ verdict: 'readable', reasons: expect.arrayContaining([lacking]) },
    });
    expect(await here.verify(manifest, true)).toMatchObject({ verdict: 'restorable' });

    // Where others write amounts in another way.
    await postgres.createDatabase('other');
    await postgres.sql('postgres', `ALTER DATABASE other SET lc_monetary = 'C'`);
    await restoreIt(here, { to: 'other', properties: false });
    expect(await postgres.sql('other', 'SELECT sum(one)::text FROM price')).toEqual([{ sum: '$1,236.00' }]);
    const remarks: string[] = [];
    await restoreIt(here, { postgres: await sharedPostgres(), onRemark: (text) => remarks.push(text) }).catch(() => {});
    expect(remarks).toContain(`! ${lacking}`);
  } finally {
    await postgres.end();
  }
});
