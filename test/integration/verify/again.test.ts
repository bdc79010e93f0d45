import pino from 'pino';
import { expect, test } from 'vitest';
import { verifyAll } from '../../../functions/verify/verify-all.ts';
import { verdictKey } from '../../../layers/backup/keys.ts';
import { parseVerdict, type VerdictName } from '../../../layers/backup/verdict.ts';
import { readEntry } from '../../../layers/catalog/read-catalog.ts';
import { ownDrillPlace } from '../../support/world/drill-place.ts';
import { clientPrograms, nameOf, type World, world } from '../../support/world/world.ts';
import { aSecondLater, DAY_MS } from '../../support/world/world-retention.ts';

/** The schedule's look, so many days from now. */
async function look({ vault }: World, inDays: number, drill = true) {
  const told: object[] = [];
  const deps = {
    ...{ vault, drillPlace: drill ? ownDrillPlace() : undefined, againDays: 30, log: pino({ level: 'silent' }) },
    clientPrograms,
    clock: () => new Date(Date.now() + inDays * DAY_MS),
    onProved: async (name: object) => void told.push(name),
  };
  const answer = await verifyAll(deps, { kind: 'unverified' }, AbortSignal.timeout(200_000));
  expect([answer, told]).toEqual([[], []]);
}

test('an old proof is looked at again: renewed, kept where it cannot be, and bad once the bytes have rotted', async () => {
  const here = await world({ drillPlace: ownDrillPlace() });
  await here.sql('CREATE TABLE orders AS SELECT generate_series(1, 100) AS id');
  const manifest = await here.dump();
  const first = await here.verify(manifest);
  const name = nameOf(manifest);
  const written = async (verdict: VerdictName) => {
    const key = verdictKey(here.vault.prefix, name, verdict);
    return parseVerdict((await here.vault.getText(key)) ?? '', key);
  };
  await look(here, 29);
  expect(await written('restorable')).toEqual(first);

  await look(here, 31);
  const renewed = await written('restorable');
  expect(renewed).toMatchObject({ verdict: 'restorable', drill: { compared: { rows: 100 } } });
  expect(new Date(renewed.verifiedAt).getTime()).toBeGreaterThan(Date.now() + 30 * DAY_MS);

  // No place to restore: the bytes are read, and the proof stands.
  await look(here, 62, false);
  expect(await written('restorable')).toEqual({
    ...renewed,
    again: { verifiedAt: expect.any(String), verdict: 'readable', reasons: ['No restore was tried.'] },
  });

  await aSecondLater();
  await here.vault.put(manifest.archive.key, 'PGDMP, and then nothing');
  await expect(look(here, 93)).rejects.toMatchObject({
    name: 'VaultError',
    problem: expect.stringContaining('corrupt'),
  });
  expect((await readEntry(here.vault, name))?.verdict).toBe('corrupt');
  // Never a proof again: it is not tried once more by itself.
  await look(here, 200);
  expect((await readEntry(here.vault, name))?.verdict).toBe('corrupt');
});
