import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { archiveOf } from '../../support/world/archive.ts';
import { nameOf } from '../../support/world/world.ts';
import type { Strike } from './fault.ts';
import { checkInvariants, type Invariant, remember } from './invariants.ts';
import { backupOf, makePlace, type Place } from './place.ts';
import { type RestartablePostgres, startRestartablePostgres } from './restartable-postgres.ts';

let postgres: RestartablePostgres;
let place: Place;
beforeAll(async () => {
  postgres = await startRestartablePostgres();
  place = await makePlace({ servers: { postgres, bucketServer: undefined }, large: false, drills: false });
});
afterAll(async () => {
  await place?.end();
  await postgres?.end();
});

/** What the checker finds where something happens after a good dump. What happened before is nothing new to it. */
async function findingsAfter(harm: (strike: Strike) => Promise<Strike>): Promise<Invariant[]> {
  const before = await remember(place);
  const strike = await harm({ runs: [await place.dump()], struck: true });
  const { violations } = await checkInvariants(place, before, strike);
  return [...new Set(violations.map(({ invariant }) => invariant))];
}

async function firstManifest() {
  const { vault } = place;
  const [key = ''] = (await vault.listAll()).map((object) => object.key).filter((one) => one.endsWith('manifest.json'));
  return JSON.parse((await vault.getText(key)) ?? '');
}

async function changed(strike: Strike): Promise<void> {
  const manifest = backupOf(strike.runs[0] ?? { function: 'dump' });
  const bytes = await archiveOf(place.vault, manifest);
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  const { bucket, client } = place.vault;
  await client.s3.send(new PutObjectCommand({ Bucket: bucket, Key: manifest.archive.key, Body: bytes }));
}

describe('the checker of the campaign finds', () => {
  test('a success that is none', async () => {
    const found = await findingsAfter(async (strike) => {
      await changed(strike);
      return strike;
    });
    expect(found).toContain('no false success');
  });

  test('destroyed bytes under a good verdict', async () => {
    const found = await findingsAfter(async (strike) => {
      const manifest = backupOf(strike.runs[0] ?? { function: 'dump' });
      await place.verify(manifest);
      await changed(strike);
      return { ...strike, runs: [], destroyed: [nameOf(manifest)] };
    });
    expect(found).toEqual(['no false success']);
  });

  test('a lost good backup', async () => {
    const { key } = (await firstManifest()).globals;
    const globals = (await place.vault.getText(key)) ?? '';
    const found = await findingsAfter(async (strike) => {
      await place.vault.put(key, '-- other globals\n');
      return strike;
    });
    expect(found).toContain('no good backup lost');
    await place.vault.put(key, globals);
  });

  test('half a backup', async () => {
    const found = await findingsAfter(async (strike) => {
      const { globals } = backupOf(strike.runs[0] ?? { function: 'dump' });
      await place.vault.remove(globals.key);
      return { ...strike, runs: [] };
    });
    expect(found).toContain('nothing half visible');
  });

  test('an operator who was not told in words of ours', async () => {
    const error = new TypeError('cannot read properties of undefined');
    const found = await findingsAfter(async (strike) => ({ ...strike, runs: [{ function: 'dump', error }] }));
    expect(found).toEqual(['the operator was told']);
  });

  test('a next run that does not work', async () => {
    const found = await findingsAfter(async (strike) => {
      const { here } = place;
      await here.postgres.sql('postgres', `ALTER DATABASE "${here.database}" RENAME TO "${here.database}_elsewhere"`);
      return strike;
    });
    expect(found).toEqual(['the next run works']);
  });
});
